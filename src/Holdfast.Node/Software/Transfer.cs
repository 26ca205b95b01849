using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// Brings one file from one http address to the disk, going on where an earlier attempt, process or mirror stopped. What
/// the file must be is judged by the caller's checksum, never by what a server says. For one caller at a time.
/// </summary>
internal sealed class Transfer(HttpClient client, Machine machine, DownloadLimits limits)
{
    private const int BufferLength = 128 * 1024;

    /// <summary>Adds to <paramref name="part"/> until it is complete; back-off and attempts are in here.</summary>
    /// <exception cref="TransferException">This address does not give the file.</exception>
    public async Task FetchAsync(Uri url, string part, CancellationToken cancellationToken)
    {
        var fruitless = 0;
        for (var attempt = 1; ; attempt++)
        {
            var before = LengthOf(part);
            try
            {
                await AttemptAsync(url, part, cancellationToken);
                return;
            }
            catch (TransferException failure) when (!failure.IsFinal && attempt < limits.MaxAttempts)
            {
                fruitless = LengthOf(part) > before ? 1 : fruitless + 1;
                if (fruitless >= limits.MaxFruitlessAttempts)
                {
                    throw;
                }

#pragma warning disable CA5394 // Spreads clients in time; nothing secret hangs on it.
                var delay = limits.DelayAfter(fruitless, Random.Shared.NextDouble());
#pragma warning restore CA5394
                machine.Progress?.Report($"{failure.Message}; next attempt in {delay.TotalSeconds:0.0} s");
                await Task.Delay(delay, machine.Time, cancellationToken);
            }
        }
    }

    /// <summary>An address as it may stand in a message: its query may be a signature.</summary>
    public static string Shown(Uri url) => url.GetLeftPart(UriPartial.Path);

    private async Task AttemptAsync(Uri url, string part, CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        idle.CancelAfter(limits.IdleTimeout);
        try
        {
            using var request = Ask(url, part);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token);
            if (!Accept(url, part, response))
            {
                return;
            }

            await SaveAsync(url, part, response, idle, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransferException($"{Shown(url)} sent nothing for {limits.IdleTimeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException cause)
        {
            throw new TransferException($"{Shown(url)}: {cause.Message}", inner: cause);
        }
    }

    /// <summary>
    /// Asks for the rest only, whatever address the beginning came from: the checksum of the whole decides, and is known before.
    /// </summary>
    private static HttpRequestMessage Ask(Uri url, string part)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("holdfast", null));
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (LengthOf(part) is > 0 and var length)
        {
            request.Headers.Range = new RangeHeaderValue(length, null);
        }

        return request;
    }

    /// <summary>Whether there is something to save.</summary>
    private bool Accept(Uri url, string part, HttpResponseMessage response)
    {
        var length = LengthOf(part);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                if (response.Content.Headers.ContentRange?.From != length)
                {
                    File.Delete(part);
                    throw new TransferException($"{Shown(url)} sent another part than it was asked for");
                }

                break;
            case HttpStatusCode.OK:
                File.Delete(part);
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable when length > 0:
                if (response.Content.Headers.ContentRange?.Length == length)
                {
                    // Nothing is missing: the end came before the last attempt knew it.
                    return false;
                }

                File.Delete(part);
                throw new TransferException($"{Shown(url)} does not have the part that was asked for");
            default:
                throw Refusal(url, response.StatusCode);
        }

        var whole = (response.Content.Headers.ContentLength ?? 0) + LengthOf(part);
        if (whole > limits.MaxLength)
        {
            throw new TransferException($"{Shown(url)} has {whole >> 20} MiB, which is too much", isFinal: true);
        }

        return true;
    }

    /// <summary>What the client asked wrongly stays wrong; a server that is in trouble may recover.</summary>
    private static TransferException Refusal(Uri url, HttpStatusCode status)
    {
        var isFinal =
            (int)status is >= 300 and < 500
            && status is not HttpStatusCode.RequestTimeout and not HttpStatusCode.TooManyRequests;
        return new TransferException($"{Shown(url)} answers {(int)status} ({status})", isFinal);
    }

    private async Task SaveAsync(
        Uri url,
        string part,
        HttpResponseMessage response,
        CancellationTokenSource idle,
        CancellationToken cancellationToken
    )
    {
        await using var from = await response.Content.ReadAsStreamAsync(idle.Token);
        await using var file = new FileStream(part, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var whole = response.Content.Headers.ContentLength + file.Length;
        var buffer = new byte[BufferLength];
        var reported = machine.Time.GetTimestamp();
        int read;
        while ((read = await ReadAsync(url, from, buffer, idle.Token)) > 0)
        {
            idle.CancelAfter(limits.IdleTimeout);
            if (file.Length + read > limits.MaxLength)
            {
                throw new TransferException($"{Shown(url)} has too much content", isFinal: true);
            }

            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            FaultPoint.Reach("download.after-write");
            if (machine.Time.GetElapsedTime(reported) >= limits.ReportInterval)
            {
                reported = machine.Time.GetTimestamp();
                var of = whole is { } all ? string.Create(CultureInfo.InvariantCulture, $" of {all / 1e6:0.0}") : "";
                machine.Progress?.Report(
                    string.Create(CultureInfo.InvariantCulture, $"fetching {url.Host}: {file.Length / 1e6:0.0}{of} MB")
                );
            }
        }

        if (whole is { } expected && file.Length < expected)
        {
            throw new TransferException($"{Shown(url)}: the connection was cut");
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>A fault of the line is another matter than one of the disk, though both are IO.</summary>
    private static async Task<int> ReadAsync(Uri url, Stream from, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await from.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException cause)
        {
            throw new TransferException($"{Shown(url)}: the connection was cut", inner: cause);
        }
    }

    private static long LengthOf(string path) => FileStatus.Read(path)?.Length ?? 0;
}

/// <summary>Why one address did not give its file. Never leaves this folder.</summary>
internal sealed class TransferException(string message, bool isFinal = false, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Whether trying again is useless.</summary>
    public bool IsFinal { get; } = isFinal;
}
