using System.Net;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Streams;

/// <summary>The client of the runtimes' streaming servers. Thread-safe.</summary>
internal sealed class StreamRuntimes : IDisposable
{
    public const string StreamProtocolHeader = "X-Stream-Protocol-Version";
    private const string WebSocketHeaders = "Sec-WebSocket-";

    /// <summary>
    /// Best first. Every runtime's server knows the protocols of remote commands up to version 4, and the one of port-forward.
    /// Older servers do not find one of several in a header, so it is chosen here.
    /// </summary>
    private static readonly string[] Protocols =
    [
        "v4.channel.k8s.io",
        "v3.channel.k8s.io",
        "v2.channel.k8s.io",
        "channel.k8s.io",
        "portforward.k8s.io",
    ];

    /// <summary>The servers are on this machine, so a connection is made at once or not at all.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>An answer that is no upgrade is a sentence.</summary>
    private const int MaxRefusalLength = 16 << 10;

    private readonly HttpMessageInvoker client = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = ConnectLimit,

            // Runtimes make such a certificate for themselves; the kubelet does not check it either.
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        }
    );

    /// <summary>Sends the client's request for an upgrade on to the runtime.</summary>
    /// <returns>An answer with status 101 whose content is the connection.</returns>
    /// <exception cref="StreamRefusal">The runtime is not there, or does not upgrade.</exception>
    public async Task<HttpResponseMessage> UpgradeAsync(Uri address, HttpRequest from, CancellationToken ct)
    {
        var request = new HttpRequestMessage(new HttpMethod(from.Method), address)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", from.Headers.Upgrade.ToString());
        if (ChooseProtocol(from) is { } protocol)
        {
            request.Headers.TryAddWithoutValidation(StreamProtocolHeader, protocol);
        }

        foreach (var (name, values) in from.Headers.Where(h => IsOfWebSocket(h.Key)))
        {
            request.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        return await SendAsync(request, ct);
    }

    /// <summary>Gives the runtime's part of the handshake to the client.</summary>
    public static void CopyHandshake(HttpResponseMessage from, HttpResponse to)
    {
        foreach (var (name, values) in from.Headers)
        {
            if (name is "Upgrade" or StreamProtocolHeader || IsOfWebSocket(name))
            {
                to.Headers[name] = values.ToArray();
            }
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await client.SendAsync(request, ct);
        }
        catch (HttpRequestException e)
        {
            throw StreamRefusal.Failed($"error dialing backend: {e.Message}", e);
        }

        if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            return answer;
        }

        using (answer)
        {
            throw new StreamRefusal((int)answer.StatusCode, await ReadRefusalAsync(answer, ct));
        }
    }

    private static async Task<string> ReadRefusalAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        await using var content = await answer.Content.ReadAsStreamAsync(ct);
        using var reader = new StreamReader(content);
        var text = new char[MaxRefusalLength];
        var length = await reader.ReadBlockAsync(text, ct);
        return new string(text, 0, length).Trim();
    }

    private static string? ChooseProtocol(HttpRequest request)
    {
        var offered = request.Headers.GetCommaSeparatedValues(StreamProtocolHeader);
        return Protocols.FirstOrDefault(offered.Contains) ?? offered.FirstOrDefault();
    }

    private static bool IsOfWebSocket(string header) =>
        header.StartsWith(WebSocketHeaders, StringComparison.OrdinalIgnoreCase);
}
