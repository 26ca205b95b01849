using Holdfast.Agent.Containers;
using Holdfast.Agent.Events;
using Holdfast.Agent.GarbageCollection;
using Holdfast.Agent.Objects;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Volumes;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.Pods;

/// <summary>What every worker of a node works with; made once by the agent. Immutable; each part is thread-safe.</summary>
internal sealed record WorkerTools
{
    public required AgentOptions Options { get; init; }
    public required ObjectStore Store { get; init; }
    public required IObjectSource Objects { get; init; }
    public required NodeFacts Node { get; init; }
    public required RuntimeChooser Runtimes { get; init; }
    public required SandboxConfigBuilder Sandboxes { get; init; }
    public required ContainerConfigBuilder Containers { get; init; }
    public required VolumeMounter Volumes { get; init; }
    public required PodCleaner Cleaner { get; init; }
    public required EventRecorder Events { get; init; }
    public required TimeProvider Time { get; init; }
    public required ILogger Logger { get; init; }

    /// <summary>Ends with the agent; pods and what runs in them go on.</summary>
    public required CancellationToken Lifetime { get; init; }
}
