using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hub.Tests;

/// <summary>A Hub over a real store in a directory of its own, spoken to through its unix socket.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    public const string Node = "edge1";

    private readonly DirectoryInfo root;
    private readonly HubServer server;
    private FakeAgent? agent;

    private TestHub(ObjectStore store, DirectoryInfo directory, TimeProvider clock)
    {
        root = directory;
        Store = store;
        Paths = new NodePaths(root.FullName);
        server = new HubServer(
            store,
            new HubOptions(Node, Paths) { Port = 0 },
            Streams,
            clock,
            NullLoggerFactory.Instance
        );
        Http = new HttpClient(
            new SocketsHttpHandler
            {
                // A server may close a connection after a bad request, just when the next one is written to it.
                PooledConnectionLifetime = TimeSpan.Zero,
                ConnectCallback = async (_, ct) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Paths.HubSocket), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        )
        {
            BaseAddress = new Uri("http://hub"),
        };
    }

    public ObjectStore Store { get; }
    public NodePaths Paths { get; }
    public FakeStreams Streams { get; } = new();
    public HttpClient Http { get; }
    public int Port => server.Port;

    public static async Task<TestHub> StartAsync(bool withAgent = false, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var directory = Directory.CreateTempSubdirectory("holdfast-hub-");
        var paths = new NodePaths(directory.FullName);
        Directory.CreateDirectory(paths.StateDirectory);
        var store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = paths.StoreDatabase },
            clock,
            NullLoggerFactory.Instance,
            CancellationToken.None
        );
        var hub = new TestHub(store, directory, clock);
        await hub.server.StartAsync(CancellationToken.None);
        hub.agent = withAgent ? new FakeAgent(store, hub.Paths, Node) : null;
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (agent is not null)
        {
            await agent.DisposeAsync();
        }

        await server.DisposeAsync();
        await Store.DisposeAsync();
        root.Delete(recursive: true);
    }

    public async Task<(HttpStatusCode Code, JsonNode Body)> SendAsync(
        HttpMethod method,
        string path,
        string? body = null,
        string type = "application/json",
        string? accept = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text));
    }

    public async Task<JsonNode> GetAsync(string path, string? accept = null) =>
        await ExpectAsync(HttpMethod.Get, path, null, "application/json", accept, HttpStatusCode.OK);

    public async Task<JsonNode> PostAsync(string path, string body) =>
        await ExpectAsync(HttpMethod.Post, path, body, "application/json", null, HttpStatusCode.Created);

    public async Task<JsonNode> PutAsync(string path, JsonNode body) =>
        await ExpectAsync(HttpMethod.Put, path, body.ToJsonString(), "application/json", null, HttpStatusCode.OK);

    public async Task<JsonNode> MergeAsync(string path, string patch) =>
        await ExpectAsync(HttpMethod.Patch, path, patch, "application/merge-patch+json", null, HttpStatusCode.OK);

    public async Task<JsonNode> DeleteAsync(string path, string? options = null) =>
        await ExpectAsync(HttpMethod.Delete, path, options, "application/json", null, HttpStatusCode.OK);

    /// <summary>Asks until the answer is as wanted; fails with the last answer after ten seconds.</summary>
    public async Task<JsonNode> UntilAsync(string path, Func<JsonNode, bool> isWanted)
    {
        JsonNode last = JsonValue.Create("nothing yet");
        for (var i = 0; i < 500; i++)
        {
            (_, last) = await SendAsync(HttpMethod.Get, path);
            if (isWanted(last))
            {
                return last;
            }

            await Task.Delay(20);
        }

        throw new Xunit.Sdk.XunitException($"{path} never became as wanted; it is {last.ToJsonString()}");
    }

    /// <summary>The events of a watch as they come; the enumeration ends with the watch.</summary>
    public async IAsyncEnumerable<JsonNode> WatchAsync(string path)
    {
        using var response = await Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            yield return JsonNode.Parse(line)!;
        }
    }

    private async Task<JsonNode> ExpectAsync(
        HttpMethod method,
        string path,
        string? body,
        string type,
        string? accept,
        HttpStatusCode wanted
    )
    {
        var (code, answer) = await SendAsync(method, path, body, type, accept);
        Assert.True(code == wanted, $"{method} {path}: {(int)code} {answer.ToJsonString()}");
        return answer;
    }
}
