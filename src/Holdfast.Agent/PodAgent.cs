using Holdfast.Agent.Containers;
using Holdfast.Agent.Events;
using Holdfast.Agent.GarbageCollection;
using Holdfast.Agent.Images;
using Holdfast.Agent.NodeStatus;
using Holdfast.Agent.Objects;
using Holdfast.Agent.Pods;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Volumes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent;

/// <summary>
/// Runs the pods of one node: from objects in the store to containers in its runtimes, and back as status. Stopping it
/// stops no pod; the next agent takes them over as they are. <see cref="RunAsync"/> is called once; thread-safe.
/// </summary>
public sealed class PodAgent(
    ObjectStore store,
    RuntimeSet runtimes,
    AgentOptions options,
    TimeProvider time,
    ILoggerFactory loggers
)
{
    private readonly ILogger logger = loggers.CreateLogger<PodAgent>();
    private readonly TaskCompletionSource adopted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Completes when every runtime that answers was listed for the first time and every pod knows what it has there.
    /// </summary>
    public Task WhenAdoptedAsync() => adopted.Task;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="AgentException">NodeUnreadable.</exception>
    /// <exception cref="StoreException">Closed, Corrupt: the agent cannot go on.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var states = runtimes.Endpoints.ToDictionary(
            e => e,
            e => new RuntimeState(e, options.MaxStartsInFlight, new ImageStore(e))
        );
        var node = NodeFactsReader.Read(options);
        var events = new EventRecorder(store, options.NodeName, time, logger);
        NodeRegistration? registration = null;
        var drift = new DriftWatch(options, events, time, () => registration?.Wake());
        registration = new NodeRegistration(
            store,
            options,
            node,
            [.. states.Values],
            time,
            logger,
            () => drift.Conditions
        );
        var tools = MakeTools(states, node, events, lifetime.Token);
        var pods = new PodWorkers(tools);
        var watchers = states
            .Values.Select(s => new RuntimeWatcher(s, pods, options, time, logger, registration.Wake))
            .ToArray();
        var feed = new PodFeed(store, pods, options.NodeName, logger);
        var collector = new OrphanCollector(tools, pods, watchers, states.Values, time, logger);
        logger.AgentRuns(options.NodeName, states.Count);

        // What the store says is known before the runtimes are listed: else everything in them would look like an orphan.
        long? revision = feed.List();
        Task Run(string part, Func<CancellationToken, Task> loop) =>
            RestartedLoop.RunAsync(
                loop,
                e => e is StoreException { Reason: StoreReason.Closed or StoreReason.Corrupt },
                (e, pause) => logger.PartFailed(part, pause.TotalSeconds, e),
                time,
                lifetime.Token
            );
        Task[] parts =
        [
            Run(
                "pods of the store",
                token =>
                {
                    var from = revision ?? feed.List();
                    revision = null;
                    return feed.RunAsync(from, token);
                }
            ),
            Run("config maps", token => feed.RunReferencesAsync(ResourceNames.ConfigMaps, token)),
            Run("secrets", token => feed.RunReferencesAsync(ResourceNames.Secrets, token)),
            Run("runtime classes", token => feed.RunReferencesAsync(ResourceNames.RuntimeClasses, token)),
            Run("events", events.RunAsync),
            Run("node status", registration.RunAsync),
            Run("drift", drift.RunAsync),
            Run("garbage collection", collector.RunAsync),
            AnnounceAsync(states.Values, pods, lifetime.Token),
            .. watchers.Select(w => Run($"runtime {w.RuntimeName}", w.RunAsync)),
        ];
        try
        {
            // A part that fails starts again; only a store that is closed or damaged ends them all.
            await await Task.WhenAny(parts);
        }
        finally
        {
            await lifetime.CancelAsync();
            await Task.WhenAll(parts).ContinueWith(_ => { }, TaskScheduler.Default);
            await pods.WhenIdleAsync();
            await pods.FlushStatusAsync();
            foreach (var state in states.Values)
            {
                state.Dispose();
            }
        }
    }

    private WorkerTools MakeTools(
        Dictionary<RuntimeEndpoint, RuntimeState> states,
        NodeFacts node,
        EventRecorder events,
        CancellationToken lifetime
    )
    {
        var objects = new StoreObjects(store);
        var volumes = new VolumeMounter(options, new PayloadBuilder(objects, node), time);
        return new WorkerTools
        {
            Options = options,
            Store = store,
            Objects = objects,
            Node = node,
            Runtimes = new RuntimeChooser(runtimes, states, objects, options.UntrustedHandler),
            Sandboxes = new SandboxConfigBuilder(options),
            Containers = new ContainerConfigBuilder(options, objects, node),
            Volumes = volumes,
            Cleaner = new PodCleaner(options, volumes, logger),
            Events = events,
            Time = time,
            Logger = logger,
            Lifetime = lifetime,
        };
    }

    private async Task AnnounceAsync(IReadOnlyCollection<RuntimeState> states, PodWorkers pods, CancellationToken ct)
    {
        await Task.WhenAll(states.Select(s => s.WhenFirstListedAsync()));
        await pods.WhenIdleAsync();
        adopted.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
    }
}
