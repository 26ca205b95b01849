using Holdfast.Agent.Images;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>Something a worker is told. It takes what came since its last turn, in order, and then looks at the whole.</summary>
internal abstract record WorkerInput
{
    /// <summary>The object is new or has changed.</summary>
    public sealed record Changed(Pod Pod) : WorkerInput;

    /// <summary>The object is no longer in the store.</summary>
    public sealed record Vanished : WorkerInput;

    /// <summary>A runtime was listed; this is what it has of the pod.</summary>
    public sealed record Observed(PodSnapshot Snapshot) : WorkerInput;

    /// <summary>Something happened to one of the pod's containers or sandboxes.</summary>
    public sealed record Happened(RuntimeEvent Event) : WorkerInput;

    /// <summary>A pull for this container came to its end; an error instead of an image is what a person shall see.</summary>
    public sealed record PullReturned(ContainerRecord Container, ImageInfo? Image, string? Error) : WorkerInput;

    /// <summary>The postStart hook of this container came to its end.</summary>
    /// <param name="Failure">What failed; null when nothing did.</param>
    public sealed record PostStartReturned(ContainerRecord Container, string Id, string? Failure) : WorkerInput;

    /// <summary>A call that stops this container came back.</summary>
    public sealed record StopReturned(ContainerRecord Container, string Id, Exception? Error) : WorkerInput;

    /// <summary>An object changed that the pod is made from.</summary>
    public sealed record TryAgain : WorkerInput;

    /// <summary>A runtime is (back) there, and what it has was told before.</summary>
    public sealed record RuntimeBack : WorkerInput;

    /// <summary>A time the worker asked for has come.</summary>
    public sealed record TimePassed : WorkerInput;
}
