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

    /// <summary>Runs beside the worker: a hook may take minutes, in which the pod may be deleted and others want to start.</summary>
    private void BeginPostStart(ContainerRecord container, RuntimeState runtime)
    {
        if (container.Spec.Lifecycle?.PostStart is { } hook)
        {
            container.IsInPostStart = true;
            _ = RunPostStartAsync(container, container.Id!, hook, runtime);
        }
    }

    private async Task RunPostStartAsync(
        ContainerRecord container,
        string id,
        LifecycleHandler hook,
        RuntimeState runtime
    )
    {
        try
        {
            var trouble = await RunHookAsync(hook, id, runtime, PostStartLimit, tools.Lifetime);
            Post(new WorkerInput.PostStartReturned(container, id, trouble));
        }
        catch (OperationCanceledException)
        {
            // The agent ends; the container runs on.
        }
        catch (Exception e)
        {
            Post(new WorkerInput.PostStartReturned(container, id, e.Message));
        }
    }

    private void TakePostStart(WorkerInput.PostStartReturned hook)
    {
        var container = hook.Container;
        if (container.Id != hook.Id)
        {
            return;
        }

        container.IsInPostStart = false;
        if (hook.Failure is { } cause && container.IsAlive && CurrentRuntime is { } runtime)
        {
            Warn(container, "FailedPostStartHook", $"PostStartHook failed: {cause}");
            BeginStop(container, runtime, Now + GraceOf(pod));
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
