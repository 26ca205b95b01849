using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>What a container wants to be done right after its start and right before its stop.</summary>
internal sealed partial class PodWorker
{
    // The runtime needs some time for the stop itself after a hook has used up the grace; the kubelet's minimum.
    private static readonly TimeSpan LeastGraceAfterHook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PostStartLimit = TimeSpan.FromMinutes(2);

    private async Task RunPostStartAsync(ContainerRecord container, RuntimeState runtime, CancellationToken ct)
    {
        if (container.Spec.Lifecycle?.PostStart is not { } hook)
        {
            return;
        }

        if (await RunHookAsync(hook, container.Id!, runtime, PostStartLimit, ct) is { } failure)
        {
            Warn(container, "FailedPostStartHook", $"PostStartHook failed: {failure}");
            var grace = TimeSpan.FromSeconds(pod!.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);
            BeginStop(container, runtime, Now + grace);
        }
    }

    private async Task RunPreStopAsync(
        ContainerRecord container,
        string id,
        RuntimeState runtime,
        DateTimeOffset deadline,
        CancellationToken ct
    )
    {
        var limit = deadline - LeastGraceAfterHook - Now;
        if (container.Spec.Lifecycle?.PreStop is not { } hook || limit <= TimeSpan.Zero)
        {
            return;
        }

        if (await RunHookAsync(hook, id, runtime, limit, ct) is { } failure)
        {
            Warn(container, "FailedPreStopHook", $"PreStopHook failed: {failure}");
        }
    }

    /// <returns>What failed; null when nothing did.</returns>
    private async Task<string?> RunHookAsync(
        LifecycleHandler hook,
        string id,
        RuntimeState runtime,
        TimeSpan limit,
        CancellationToken ct
    )
    {
        if (hook.Sleep is { } sleep)
        {
            var pause = TimeSpan.FromSeconds(sleep.Seconds);
            await Task.Delay(pause < limit ? pause : limit, tools.Time, ct);
            return null;
        }

        if (hook.Exec is not { } exec)
        {
            return "only exec and sleep hooks are known to this node";
        }

        var request = new V1.ExecSyncRequest { ContainerId = id, Timeout = (long)Math.Ceiling(limit.TotalSeconds) };
        request.Cmd.Add(exec.Command);
        try
        {
            var result = await runtime.Endpoint.ExecSyncAsync(request, ct);
            return result.ExitCode == 0
                ? null
                : $"command ended with exit code {result.ExitCode}: {result.Stderr.ToStringUtf8().Trim()}";
        }
        catch (CriException e)
        {
            return e.Message;
        }
    }
}
