using Holdfast.Linux;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>
/// The configuration that a running CRI-O has, all its files and options merged. Beside CRI its socket serves pages of
/// HTTP/1.1 to <c>crio status</c>; this one is there since 1.18.
/// </summary>
internal static class CrioPage
{
    /// <summary>From memory, over a unix socket.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Some ten kilobytes are usual.</summary>
    private const int MaxLength = 4 << 20;

    /// <returns>Null when it shows none, or is no CRI-O.</returns>
    public static async Task<TomlDocument?> ReadConfigAsync(string socketPath, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(UnixHttp.CreateHandler(socketPath))
        {
            Timeout = Limit,
            MaxResponseContentBufferSize = MaxLength,
        };
        try
        {
            // The name is as good as any: the socket is what is asked.
            var text = await client.GetStringAsync(new Uri("http://crio/config"), cancellationToken);
            return TomlDocument.Parse(text, "CRI-O's configuration");
        }
        catch (Exception cause) when (cause is HttpRequestException or IOException or NodeException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
