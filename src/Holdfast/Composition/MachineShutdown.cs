using System.Text.Json.Nodes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Node.Pods;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Composition;

/// <summary>
/// The one end of the daemon that ends the pods too: the machine goes down. Left to systemd, a container whose first process
/// ignores SIGTERM, as many do, holds every reboot up for 90 seconds. The objects stay, so the pods run again after the
/// boot. Stateless.
/// </summary>
internal static class MachineShutdown
{
    /// <summary>systemd kills a service at its stop limit, which the unit has; the rest of the time is for the store to close.</summary>
    private static readonly TimeSpan Limit = SystemdUnit.StopLimit - TimeSpan.FromSeconds(30);

    private static readonly TimeSpan QueryLimit = TimeSpan.FromSeconds(5);

    /// <summary>No pod gets more: mains may be gone and the battery small.</summary>
    private const long MaxGraceSeconds = 30;

    /// <summary>Whether PID 1 is stopping everything, and not just this service.</summary>
    public static async Task<bool> IsUnderWayAsync(ILogger log)
    {
        if (!Directory.Exists("/run/systemd/system"))
        {
            return false;
        }

        try
        {
            var state = await ChildProcess.RunAsync(new ChildCommand("systemctl", "is-system-running"), QueryLimit);
            return state.StandardOutput.Trim() == "stopping";
        }
        catch (LinuxException failure)
        {
            DaemonLog.ShutdownUnknown(log, failure.Message);
            return false;
        }
    }

    /// <summary>Stops every pod of this node, each with its own grace period; what cannot be stopped is logged.</summary>
    public static async Task StopPodsAsync(RuntimeSet runtimes, ObjectStore store, NodePaths paths, ILogger log)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var graces = store
                .List(ResourceNames.Pods)
                .Items.Select(item => KubeObject.Parse(item.Json.Span))
                .ToDictionary(pod => pod.Uid, pod => Seconds(pod.At("spec", "terminationGracePeriodSeconds")));
            var sandboxes = await NodeSandbox.ListAsync(runtimes.Endpoints, limit.Token);
            var ready = sandboxes.Where(own => own.IsReady && own.IsOf(paths)).ToArray();
            DaemonLog.StoppingPods(log, ready.Length);
            await Task.WhenAll(ready.Select(own => own.StopAsync(GraceOf(own), limit.Token)));

            long GraceOf(NodeSandbox own) =>
                Math.Min(graces.GetValueOrDefault(own.Sandbox.Metadata.Uid) ?? MaxGraceSeconds, MaxGraceSeconds);
        }
        catch (Exception failure) when (failure is CriException or OperationCanceledException)
        {
            DaemonLog.PodsNotStopped(log, failure.Message);
        }
    }

    private static long? Seconds(JsonNode? value) =>
        value is JsonValue v && v.TryGetValue(out long seconds) ? seconds : null;
}
