namespace Holdfast.Cri.Events;

/// <summary>
/// Notices a runtime that is there and answers nothing: its connection stays open and its stream of events is only silent.
/// A call and not HTTP/2's pings: a gRPC server in Go (containerd, CRI-O) ends the connection of a client that pings more
/// often than every five minutes, and answers pings also where every call hangs.
/// </summary>
internal static class RuntimeHeartbeat
{
    /// <summary>The kubelet asks every 5 s. With the deadline of the call, a runtime that hangs is noticed within 20 s.</summary>
    public static readonly TimeSpan DefaultPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Asks again and again; cancels the source, and tells why, when there is no answer.</summary>
    /// <returns>Null when the source was cancelled by somebody else.</returns>
    public static async Task<CriException?> WatchAsync(RuntimeEndpoint endpoint, CancellationTokenSource source)
    {
        using var ticks = new PeriodicTimer(endpoint.Options.HeartbeatPeriod, endpoint.Time);
        try
        {
            while (await ticks.WaitForNextTickAsync(source.Token))
            {
                if (await FindSilenceAsync(endpoint, source.Token) is { } silence)
                {
                    await source.CancelAsync();
                    return silence;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The events ended.
        }

        return null;
    }

    private static async Task<CriException?> FindSilenceAsync(
        RuntimeEndpoint endpoint,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await endpoint.SignOfLifeAsync(cancellationToken);
            return null;
        }
        catch (CriException cause)
        {
            // A refusal is an answer, and a lost connection ends the stream of events by itself.
            return cause is { Reason: CriReason.DeadlineExceeded, IsAnswer: false } ? cause : null;
        }
    }
}
