using Grpc.Core;
using Holdfast.Cri.Calls;
using Holdfast.Cri.Events;
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
    private readonly IReadOnlyList<CriClients> clients;
    private Agreement? agreement;

    public RuntimeEndpoint(RuntimeEndpointOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        Options = options;
        Time = time;
        Log = loggers.CreateLogger<RuntimeEndpoint>();
        Channel = new RuntimeChannel(options.Name, options.SocketPath, time);
        clients = [.. options.Apis.Select(api => CriClients.Make(api, Channel.Invoker))];
    }

    public RuntimeEndpointOptions Options { get; }

    public string Name => Options.Name;

    public string SocketPath => Options.SocketPath;

    internal RuntimeChannel Channel { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    /// <summary>Cancelled when the endpoint is disposed of.</summary>
    internal CancellationToken Closing => closing.Token;

    /// <summary>Connects if need be, and waits (10 s at most) until the runtime is ready to take calls.</summary>
    public async Task<RuntimeVersion> ConnectAsync(CancellationToken cancellationToken)
    {
        // The question is also a sign of life: an agreement may have outlived the connection it was made on.
        var known = await AgreeAsync(cancellationToken);
        await SignOfLifeAsync(cancellationToken);
        return (Volatile.Read(ref agreement) ?? known).Version;
    }

    /// <summary>Asks for what a runtime answers in milliseconds, with the deadline of connecting.</summary>
    internal Task SignOfLifeAsync(CancellationToken cancellationToken) =>
        CallAsync("ask for the status", Options.Deadlines.Connect, AskStatus, cancellationToken);

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

            var (spoken, answer) = await FindApiAsync(cancellationToken);
            var generation = Channel.Generation;
            await WaitUntilReadyAsync(spoken, cancellationToken);
            var name = spoken.Api == CriApi.V1 ? "v1" : "v1alpha2";
            var version = new RuntimeVersion(answer.RuntimeName, answer.RuntimeVersion, name);
            agreement = new Agreement(spoken, generation, version);
            CriLog.Connected(Log, Name, version.RuntimeName, version.Version, name);
            return agreement;
        }
        finally
        {
            negotiating.Release();
        }
    }

    private async Task<(CriClients Spoken, VersionResponse Answer)> FindApiAsync(CancellationToken cancellationToken)
    {
        CriException? refused = null;
        foreach (var candidate in clients)
        {
            try
            {
                var answer = await Channel.CallAsync(
                    "ask for the version",
                    Options.Deadlines.Connect,
                    candidate,
                    static (cri, options) => cri.Runtime.VersionAsync(new VersionRequest(), options),
                    cancellationToken
                );
                return (candidate, answer);
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
    private async Task WaitUntilReadyAsync(CriClients spoken, CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        var limit = Options.Deadlines.Connect;
        for (var pause = FirstReadyPause; ; pause = Min(pause * 2, LongestReadyPause))
        {
            try
            {
                await Channel.CallAsync("ask for the status", limit, spoken, AskStatus, cancellationToken);
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

    private static AsyncUnaryCall<StatusResponse> AskStatus(CriClients cri, CallOptions options) =>
        cri.Runtime.StatusAsync(new StatusRequest(), options);

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>What was found out about the runtime on one connection.</summary>
    internal sealed record Agreement(CriClients Clients, int Generation, RuntimeVersion Version);
}
