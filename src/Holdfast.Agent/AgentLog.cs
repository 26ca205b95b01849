using Microsoft.Extensions.Logging;

namespace Holdfast.Agent;

/// <summary>Everything the agent logs. Event ids 3000 to 3999; an id never changes its meaning.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(3000, LogLevel.Information, "agent of node {Node} runs with {Runtimes} runtime(s)")]
    public static partial void AgentRuns(this ILogger logger, string node, int runtimes);

    [LoggerMessage(
        3001,
        LogLevel.Information,
        "runtime {Runtime} ({Version}) is here with {Pods} pod(s) of this node, listed in {Milliseconds} ms"
    )]
    public static partial void RuntimeOnline(
        this ILogger logger,
        string runtime,
        string version,
        int pods,
        long milliseconds
    );

    [LoggerMessage(3002, LogLevel.Warning, "runtime {Runtime} is away: {Cause}")]
    public static partial void RuntimeOffline(this ILogger logger, string runtime, string cause);

    [LoggerMessage(3003, LogLevel.Warning, "cannot list runtime {Runtime}; trying again in {Seconds} s")]
    public static partial void RuntimeNotListed(this ILogger logger, string runtime, double seconds, Exception cause);

    [LoggerMessage(3010, LogLevel.Error, "internal error: the worker of pod {Pod} failed; trying again in {Seconds} s")]
    public static partial void WorkerFailed(this ILogger logger, string pod, double seconds, Exception cause);

    [LoggerMessage(3011, LogLevel.Warning, "cannot continue with pod {Pod}: {Cause}; trying again in {Seconds} s")]
    public static partial void PodDelayed(this ILogger logger, string pod, string cause, double seconds);

    [LoggerMessage(3005, LogLevel.Error, "the part \"{Part}\" of the agent failed; it starts again in {Seconds} s")]
    public static partial void PartFailed(this ILogger logger, string part, double seconds, Exception cause);

    [LoggerMessage(3012, LogLevel.Information, "pod {Pod} ({Uid}) is gone")]
    public static partial void PodGone(this ILogger logger, string pod, string uid);

    [LoggerMessage(3013, LogLevel.Warning, "stopping pod {Uid}, which no object owns")]
    public static partial void OrphanFound(this ILogger logger, string uid);

    [LoggerMessage(3020, LogLevel.Warning, "cannot write the status of pod {Pod}; trying again in {Seconds} s")]
    public static partial void StatusNotWritten(this ILogger logger, string pod, double seconds, Exception cause);

    [LoggerMessage(3021, LogLevel.Warning, "cannot write event {Reason}")]
    public static partial void EventNotWritten(this ILogger logger, string reason, Exception cause);

    [LoggerMessage(3022, LogLevel.Warning, "cannot write the status of node {Node}; trying again in {Seconds} s")]
    public static partial void NodeNotWritten(this ILogger logger, string node, double seconds, Exception cause);

    [LoggerMessage(3030, LogLevel.Warning, "cannot remove {What}; the next collection tries again")]
    public static partial void NotRemoved(this ILogger logger, string what, Exception cause);

    [LoggerMessage(3031, LogLevel.Information, "removed {What}, which no object owns")]
    public static partial void OrphanRemoved(this ILogger logger, string what);

    [LoggerMessage(3040, LogLevel.Warning, "cannot read pod {Key} from the store; it becomes Failed")]
    public static partial void PodUnreadable(this ILogger logger, string key, Exception cause);

    [LoggerMessage(3042, LogLevel.Warning, "cannot write that pod {Key} is invalid; trying again when a pod changes")]
    public static partial void InvalidPodNotWritten(this ILogger logger, string key, Exception cause);

    [LoggerMessage(3041, LogLevel.Information, "the watch of {Resource} fell behind; listing again")]
    public static partial void WatchRestarted(this ILogger logger, string resource);
}
