using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Kube;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Holdfast.Hub.Streams;

/// <summary>
/// Connects a client that upgrades its connection to the streaming server of a runtime. Knows HTTP and addresses, no pods, so
/// that any server of pod streams can use it. Thread-safe.
/// </summary>
internal sealed class StreamBridge(StreamRuntimes runtimes, TimeProvider clock)
{
    /// <param name="http">The client's request.</param>
    /// <param name="open">Asks for the address; it is good for one connection.</param>
    /// <param name="ct">Ends both connections.</param>
    /// <exception cref="ApiException">BadRequest: the client does not upgrade.</exception>
    public async Task RunAsync(HttpContext http, Func<Task<Uri>> open, CancellationToken ct)
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            throw ApiException.BadRequest("Upgrade request required");
        }

        try
        {
            await SpliceAsync(http, upgrade, open, ct);
        }
        catch (PodStreamException e)
        {
            await RefuseAsync(http, StreamRefusal.From(e));
        }
        catch (StreamRefusal e)
        {
            await RefuseAsync(http, e);
        }
    }

    /// <summary>The runtime speaks what the client speaks: its handshake and then every byte are passed on.</summary>
    private async Task SpliceAsync(
        HttpContext http,
        IHttpUpgradeFeature upgrade,
        Func<Task<Uri>> open,
        CancellationToken ct
    )
    {
        var address = await open();
        using var answer = await runtimes.UpgradeAsync(address, http.Request, ct);
        StreamRuntimes.CopyHandshake(answer, http.Response);
        await using var runtime = await answer.Content.ReadAsStreamAsync(ct);
        await using var client = await UpgradeAsync(http, upgrade);
        await Splice.RunAsync(client, runtime, clock, ct);
    }

    private static Task<Stream> UpgradeAsync(HttpContext http, IHttpUpgradeFeature upgrade)
    {
        // A person who reads page by page lets the connection rest for as long as it takes.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        return upgrade.UpgradeAsync();
    }

    private static Task RefuseAsync(HttpContext http, StreamRefusal refusal)
    {
        http.Response.StatusCode = refusal.Code;
        return ApiAnswer.WriteTextAsync(http, refusal.Message);
    }
}
