using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Kube;

namespace Holdfast.Benchmarks.Daemon;

/// <summary>A client of the Kubernetes API on the daemon's socket, as lean as kubectl could be. Thread-safe.</summary>
internal sealed class HubClient : IDisposable
{
    private const string Pods = "/api/v1/namespaces/" + PodTemplate.Namespace + "/pods";

    private readonly HttpClient _http;

    public HubClient(string socket) =>
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = async (_, ct) =>
                {
                    var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
                    return new NetworkStream(connection, ownsSocket: true);
                },
            }
        )
        {
            BaseAddress = new Uri("http://localhost"),
            Timeout = Timeout.InfiniteTimeSpan,
        };

    public async Task CreatePodAsync(string name, CancellationToken ct)
    {
        using var content = new ByteArrayContent(KubeJson.Serialize<JsonNode>(PodTemplate.Json(name)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync(Pods, content, ct);
        await ExpectAsync(response, $"create pod {name}", ct);
    }

    public async Task DeletePodAsync(string name, CancellationToken ct)
    {
        using var response = await _http.DeleteAsync($"{Pods}/{name}?gracePeriodSeconds=1", ct);
        if (response.StatusCode != HttpStatusCode.NotFound)
            await ExpectAsync(response, $"delete pod {name}", ct);
    }

    public async Task<IReadOnlyList<Pod>> ListPodsAsync(CancellationToken ct)
    {
        var list = await GetAsync(Pods, ct);
        return [.. list["items"]!.AsArray().Select(item => KubeJson.FromNode<Pod>(item!))];
    }

    public async Task<Pod> GetPodAsync(string name, CancellationToken ct) =>
        KubeJson.FromNode<Pod>(await GetAsync($"{Pods}/{name}", ct));

    public async Task<string> ResourceVersionAsync(CancellationToken ct) =>
        (await GetAsync(Pods, ct))["metadata"]!["resourceVersion"]!.GetValue<string>();

    /// <summary>True when the node is there and Ready.</summary>
    public async Task<bool> IsNodeReadyAsync(CancellationToken ct)
    {
        var nodes = await GetAsync("/api/v1/nodes", ct);
        return nodes["items"]!
            .AsArray()
            .Select(item => KubeJson.FromNode<Node>(item!))
            .Any(node => node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }));
    }

    /// <summary>Changes of pods after a revision, as (type, pod). Ends with the connection.</summary>
    public async IAsyncEnumerable<(string Type, Pod Pod)> WatchPodsAsync(
        string after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct
    )
    {
        using var response = await _http.GetAsync(
            $"{Pods}?watch=true&resourceVersion={after}",
            HttpCompletionOption.ResponseHeadersRead,
            ct
        );
        await ExpectAsync(response, "watch pods", ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            var change = KubeJson.ParseObject(Encoding.UTF8.GetBytes(line));
            if (change["object"]?["kind"]?.GetValue<string>() == "Pod")
                yield return (change["type"]!.GetValue<string>(), KubeJson.FromNode<Pod>(change["object"]!));
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> GetAsync(string path, CancellationToken ct)
    {
        using var response = await _http.GetAsync(path, ct);
        await ExpectAsync(response, "get " + path, ct);
        return KubeJson.ParseObject(await response.Content.ReadAsByteArrayAsync(ct));
    }

    private static async Task ExpectAsync(HttpResponseMessage response, string what, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException(
                $"cannot {what}: HTTP {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(ct)}"
            );
    }
}
