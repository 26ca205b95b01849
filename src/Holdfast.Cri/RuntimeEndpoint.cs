using Google.Protobuf;
using Holdfast.Cri.Events;
using Holdfast.Cri.Grpc;
using Holdfast.Cri.V1;
using Microsoft.Extensions.Logging;

namespace Holdfast.Cri;

/// <summary>
/// One container runtime, reached through its unix socket. The first call connects; after the runtime was restarted the
/// next call connects again and finds out anew what it speaks, so that one object serves for the life of the process.
/// Every call throws <see cref="CriException"/> when the runtime refuses. Thread-safe.
/// </summary>
public sealed partial class RuntimeEndpoint : IAsyncDisposable
{
    /// <summary>A day: pods may have a very long grace, but a timer takes no more than 49 days.</summary>
    private const long MaxGraceSeconds = 24 * 60 * 60;

    /// <summary>
    /// How long a runtime may need from listening to being ready. containerd lists the containers it left behind in
    /// that time and refuses every call but Version.
    /// </summary>
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstReadyPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestReadyPause = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim negotiating = new(1);
    private readonly CancellationTokenSource closing = new();
    private Agreement? agreement;

    public RuntimeEndpoint(RuntimeEndpointOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        Options = options;
        Time = time;
        Log = loggers.CreateLogger<RuntimeEndpoint>();
        Channel = new GrpcChannel(options.Name, options.SocketPath, time);
    }

    public RuntimeEndpointOptions Options { get; }

    public string Name => Options.Name;

    public string SocketPath => Options.SocketPath;

    internal GrpcChannel Channel { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    /// <summary>Cancelled when the endpoint is disposed of.</summary>
    internal CancellationToken Closing => closing.Token;

    /// <summary>Connects if need be, and waits (10 s at most) until the runtime is ready to take calls.</summary>
    public async Task<RuntimeVersion> ConnectAsync(CancellationToken cancellationToken)
    {
        // The question is also a sign of life: an agreement may have outlived the connection it was made on.
        var known = await AgreeAsync(cancellationToken);
        await CallAsync(CriMethods.Status, new StatusRequest(), Options.Deadlines.Connect, cancellationToken);
        return (Volatile.Read(ref agreement) ?? known).Version;
    }

    /// <summary>
    /// Everything that happens in the runtime from now on; reconnects for ever by itself. The first item, and the first
    /// after every gap, is a Resync. Each enumeration has its own stream; it ends with
    /// cancellation, or with this endpoint.
    /// </summary>
    public IAsyncEnumerable<RuntimeEvent> WatchEventsAsync(CancellationToken cancellationToken) =>
        new RuntimeEventWatch(this).RunAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        closing.Cancel();
        Channel.Dispose();
        return ValueTask.CompletedTask;
    }

    internal async Task<TResponse> CallAsync<TResponse>(
        CriMethod<TResponse> method,
        IMessage request,
        TimeSpan deadline,
        CancellationToken cancellationToken
    )
        where TResponse : IMessage<TResponse>
    {
        var agreed = await AgreeAsync(cancellationToken);
        try
        {
            return await Channel.CallAsync(method.In(agreed.Api), request, deadline, cancellationToken);
        }
        catch (CriException refused) when (refused.Reason == CriReason.Unimplemented)
        {
            // Perhaps another version of the runtime listens there now: the connection was made during this call.
            var now = await AgreeAsync(cancellationToken);
            if (now.Api == agreed.Api)
            {
                throw;
            }

            return await Channel.CallAsync(method.In(now.Api), request, deadline, cancellationToken);
        }
    }

    /// <summary>What is spoken on the present connection; asks the runtime when the connection is new.</summary>
    internal ValueTask<Agreement> AgreeAsync(CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref agreement);
        return known is not null && known.Generation == Channel.Generation
            ? ValueTask.FromResult(known)
            : new ValueTask<Agreement>(NegotiateAsync(cancellationToken));
    }

    private async Task<Agreement> NegotiateAsync(CancellationToken cancellationToken)
    {
        await negotiating.WaitAsync(cancellationToken);
        try
        {
            if (agreement is { } known && known.Generation == Channel.Generation)
            {
                return known;
            }

            var (api, answer) = await FindApiAsync(cancellationToken);
            var generation = Channel.Generation;
            await WaitUntilReadyAsync(api, cancellationToken);
            var name = api == CriApi.V1 ? "v1" : "v1alpha2";
            var version = new RuntimeVersion(answer.RuntimeName, answer.RuntimeVersion, name);
            agreement = new Agreement(api, generation, version);
            CriLog.Connected(Log, Name, version.RuntimeName, version.Version, name);
            return agreement;
        }
        finally
        {
            negotiating.Release();
        }
    }

    private async Task<(CriApi Api, VersionResponse Answer)> FindApiAsync(CancellationToken cancellationToken)
    {
        CriException? refused = null;
        foreach (var api in Options.Apis)
        {
            try
            {
                var method = CriMethods.Version.In(api);
                var request = new VersionRequest();
                return (api, await Channel.CallAsync(method, request, Options.Deadlines.Connect, cancellationToken));
            }
            catch (CriException cause) when (cause.Reason == CriReason.Unimplemented)
            {
                refused = cause;
            }
        }

        throw new CriException(
            CriReason.Unimplemented,
            $"cannot use the runtime {Name}: whatever listens at {SocketPath} speaks neither CRI v1 nor v1alpha2; "
                + "if it is containerd, remove \"cri\" from disabled_plugins in its configuration",
            refused
        );
    }

    /// <summary>Waits while Status is refused without a reason; a runtime that never stops so is left to its callers.</summary>
    private async Task WaitUntilReadyAsync(CriApi api, CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        var method = CriMethods.Status.In(api);
        for (var pause = FirstReadyPause; ; pause = Min(pause * 2, LongestReadyPause))
        {
            try
            {
                await Channel.CallAsync(method, new StatusRequest(), Options.Deadlines.Connect, cancellationToken);
                return;
            }
            catch (CriException cause) when (cause.IsAnswer)
            {
                var mayPass =
                    cause.Reason is CriReason.Unknown or CriReason.Unavailable or CriReason.FailedPrecondition;
                if (!mayPass || Time.GetElapsedTime(started) >= ReadyLimit)
                {
                    CriLog.NotReady(Log, Name, cause.Message);
                    return;
                }
            }

            await Task.Delay(pause, Time, cancellationToken);
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>What was found out about the runtime on one connection. Immutable.</summary>
    internal sealed record Agreement(CriApi Api, int Generation, RuntimeVersion Version);
}
