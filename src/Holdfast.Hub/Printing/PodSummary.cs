using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>
/// The one-word state of a pod and its counters, as printPod of k8s.io/kubernetes/pkg/printers computes them.
/// Computed anew for each cell: pods have few containers.
/// </summary>
internal sealed class PodSummary
{
    private long sidecarRestarts;
    private DateTimeOffset? lastSidecarRestart;

    private PodSummary() { }

    public int Ready { get; private set; }
    public int Total { get; private set; }
    public long Restarts { get; private set; }
    public DateTimeOffset? LastRestart { get; private set; }
    public string Reason { get; private set; } = "";

    public static PodSummary Of(JsonObject pod)
    {
        var summary = new PodSummary();
        summary.Read(pod);
        return summary;
    }

    private void Read(JsonObject pod)
    {
        var spec = pod.ObjectAt("spec");
        var status = pod.ObjectAt("status");
        Total = spec.ObjectsAt("containers").Count();
        var phase = status.StringAt("phase") ?? "";
        Reason = status.StringAt("reason") is { Length: > 0 } reason ? reason : phase;
        if (
            status
                .ObjectsAt("conditions")
                .Any(c => c.StringAt("type") == "PodScheduled" && c.StringAt("reason") == "SchedulingGated")
        )
        {
            Reason = "SchedulingGated";
        }

        var initializing = ReadInit(spec, status);
        if (!initializing || HasCondition(status, "Initialized"))
        {
            // From here on only those that still run count.
            (Restarts, LastRestart) = (sidecarRestarts, lastSidecarRestart);
            ReadContainers(status, initializing);
        }

        if (pod.IsDeleting)
        {
            Reason =
                status.StringAt("reason") == "NodeLost" ? "Unknown"
                : phase is "Succeeded" or "Failed" ? Reason
                : "Terminating";
        }
    }

    /// <summary>True while an init container has not done its part.</summary>
    private bool ReadInit(JsonObject? spec, JsonObject? status)
    {
        var sidecars = spec.ObjectsAt("initContainers")
            .Where(c => c.StringAt("restartPolicy") == "Always")
            .Select(c => c.StringAt("name") ?? "")
            .ToHashSet();
        Total += sidecars.Count;
        var count = spec.ObjectsAt("initContainers").Count();
        var index = 0;
        foreach (var container in status.ObjectsAt("initContainerStatuses"))
        {
            var isSidecar = sidecars.Contains(container.StringAt("name") ?? "");
            CountRestarts(container);
            if (isSidecar)
            {
                sidecarRestarts += container.IntAt("restartCount") ?? 0;
                lastSidecarRestart = Later(lastSidecarRestart, LastEnd(container));
            }

            var terminated = container.At("state").ObjectAt("terminated");
            var waiting = container.At("state").ObjectAt("waiting").StringAt("reason");
            if (terminated is not null && (terminated.IntAt("exitCode") ?? 0) == 0)
            {
                index++;
                continue;
            }

            if (isSidecar && container.BoolAt("started"))
            {
                Ready += container.BoolAt("ready") ? 1 : 0;
                index++;
                continue;
            }

            Reason =
                terminated is not null ? "Init:" + TerminatedReason(terminated)
                : waiting is { Length: > 0 } and not "PodInitializing" ? "Init:" + waiting
                : $"Init:{index}/{count}";
            return true;
        }

        return false;
    }

    private void ReadContainers(JsonObject? status, bool keepReason)
    {
        var hasRunning = false;
        foreach (var container in status.ObjectsAt("containerStatuses").Reverse())
        {
            CountRestarts(container);
            var state = container.ObjectAt("state");
            if (state.ObjectAt("waiting").StringAt("reason") is { Length: > 0 } waiting)
            {
                Reason = keepReason ? Reason : waiting;
            }
            else if (state.ObjectAt("terminated") is { } terminated)
            {
                Reason = keepReason ? Reason : TerminatedReason(terminated);
            }
            else if (container.BoolAt("ready") && state.ObjectAt("running") is not null)
            {
                hasRunning = true;
                Ready++;
            }
        }

        if (Reason == "Completed" && hasRunning)
        {
            Reason = HasCondition(status, "Ready") ? "Running" : "NotReady";
        }
    }

    private void CountRestarts(JsonObject container)
    {
        Restarts += container.IntAt("restartCount") ?? 0;
        LastRestart = Later(LastRestart, LastEnd(container));
    }

    private static DateTimeOffset? LastEnd(JsonObject container) =>
        container.At("lastState").ObjectAt("terminated").TimeAt("finishedAt");

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b ?? a : a;

    private static string TerminatedReason(JsonObject terminated) =>
        terminated.StringAt("reason") is { Length: > 0 } reason ? reason
        : terminated.IntAt("signal") is > 0 and var signal ? $"Signal:{signal}"
        : $"ExitCode:{terminated.IntAt("exitCode") ?? 0}";

    private static bool HasCondition(JsonObject? status, string type) =>
        status.ObjectsAt("conditions").Any(c => c.StringAt("type") == type && c.StringAt("status") == "True");
}
