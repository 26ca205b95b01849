using Holdfast.Agent.Images;
using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>How far a container has come.</summary>
internal enum ContainerPhase
{
    /// <summary>There is none yet in this attempt.</summary>
    None,
    Created,
    Running,
    Exited,
}

/// <summary>Which of the pod's lists a container stands in, and how it counts.</summary>
internal enum ContainerRole
{
    /// <summary>Runs to its end before the next one starts.</summary>
    Init,

    /// <summary>An init container with restartPolicy Always: starts in order, then stays.</summary>
    Sidecar,
    Main,
}

/// <summary>
/// What a worker knows of one container of its pod. Mutable; touched only by the worker's own turn, so never by two
/// threads at once.
/// </summary>
internal sealed class ContainerRecord(Container spec, ContainerRole role)
{
    public Container Spec { get; set; } = spec;

    public ContainerRole Role { get; } = role;

    public string Name => Spec.Name;

    /// <summary>The runtime's id of the newest attempt; null while there was none.</summary>
    public string? Id { get; set; }

    public string? SandboxId { get; set; }

    /// <summary>Counts restarts; the runtime keeps it in the container's metadata, so it outlives the agent.</summary>
    public uint Attempt { get; set; }

    public ContainerPhase Phase { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public int ExitCode { get; set; }

    /// <summary>Why it ended; null while it runs.</summary>
    public string? Reason { get; set; }

    public string? Message { get; set; }

    public bool WasOomKilled { get; set; }

    public string ImageReference { get; set; } = "";

    /// <summary>The end of the attempt before the newest one.</summary>
    public ContainerStateTerminated? Last { get; set; }

    /// <summary>Why the next attempt has not been made; shown instead of the newest attempt's end.</summary>
    public ContainerStateWaiting? Waiting { get; set; }

    public RestartBackOff BackOff { get; set; }

    public ImageWait Image { get; } = new();

    /// <summary>When a failed attempt to create it may be repeated without being asked.</summary>
    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>By when the stop that is under way will have killed it; null when none is.</summary>
    public DateTimeOffset? StopDeadline { get; set; }

    /// <summary>Its postStart hook runs; until it has ended, what comes later in the pod waits, as under a kubelet.</summary>
    public bool IsInPostStart { get; set; }

    /// <summary>TimeProvider timestamp of the last change; an older snapshot of the runtime knows less than we do.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Ended attempts before the newest one, oldest first, which the runtime still keeps.</summary>
    public List<DeadContainer> Dead { get; } = [];

    /// <summary>What status said when the agent began; saves asking the runtime for what has not changed.</summary>
    public ContainerStatus? Seed { get; set; }

    /// <summary>Something runs in it. One that was only created runs nothing: it is made anew, and there is nothing to stop.</summary>
    public bool IsAlive => Phase == ContainerPhase.Running;

    /// <summary>An attempt in which nothing has run is no restart.</summary>
    public uint NextAttempt => Id is null || Phase == ContainerPhase.Created ? Attempt : Attempt + 1;

    /// <summary>Whether this attempt ran in the given sandbox and has ended well.</summary>
    public bool SucceededIn(string sandboxId) =>
        Phase == ContainerPhase.Exited && ExitCode == 0 && SandboxId == sandboxId;

    public void MarkExited(int exitCode, DateTimeOffset at, string? reason, string? message)
    {
        Phase = ContainerPhase.Exited;
        ExitCode = exitCode;
        FinishedAt = at;
        Reason =
            reason
            ?? (
                WasOomKilled ? "OOMKilled"
                : exitCode == 0 ? "Completed"
                : "Error"
            );
        Message = message;
        StopDeadline = null;
    }

    /// <summary>The attempt was created, never started, and is no longer there: it is as if it had not been made.</summary>
    public void ForgetUnstarted()
    {
        Phase = ContainerPhase.None;
        Id = null;
        SandboxId = null;
    }

    /// <summary>The newest attempt's end, as status shows it.</summary>
    public ContainerStateTerminated Terminated(string? containerId) =>
        new()
        {
            ExitCode = ExitCode,
            Reason = Reason,
            Message = Message,
            StartedAt = StartedAt,
            FinishedAt = FinishedAt,
            ContainerID = containerId,
        };
}

/// <summary>An ended attempt that the runtime still keeps, for its log.</summary>
internal sealed record DeadContainer(string Id, uint Attempt, string SandboxId);

/// <summary>The waiting of one container for its image. Mutable, owned as its record.</summary>
internal sealed class ImageWait
{
    /// <summary>The image that was made ready for the next attempt.</summary>
    public ImageInfo? Ready { get; set; }

    public bool IsPulling { get; set; }

    public DateTimeOffset FailedAt { get; set; }

    public string? Failure { get; set; }

    public RestartBackOff BackOff { get; set; }
}
