using Holdfast.Agent.GarbageCollection;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Agent.Pods;

/// <summary>
/// Taking a pod down. Stopping a container may last as long as its grace, so those calls run beside the worker: it hears
/// of their end, and can shorten the grace in between.
/// </summary>
internal sealed partial class PodWorker
{
    private const long DefaultGraceSeconds = 30;

    // An object that is simply gone was deleted by force: its processes still get the chance to end by themselves.
    private static readonly TimeSpan GraceOfVanished = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceOfOrphan = TimeSpan.FromSeconds(5);

    private DateTimeOffset? endBy;

    /// <summary>The pod has come to its end; its object stays, and its containers for their logs.</summary>
    private async Task FinishAsync(CancellationToken ct)
    {
        if (!StopContainers(Now + GraceOf(pod)))
        {
            return;
        }

        foreach (var record in AllSandboxes())
        {
            await StopSandboxAsync(record, ct);
        }

        await TidyAsync(ct);
    }

    /// <summary>The pod shall be gone: containers, sandbox, what it left on the node, and at last its object.</summary>
    private async Task EndAsync(CancellationToken ct)
    {
        if (!StopContainers(EndBy()))
        {
            return;
        }

        foreach (var record in AllSandboxes().ToArray())
        {
            await StopSandboxAsync(record, ct);
        }

        await TellFinalStatusAsync();
        foreach (var record in AllSandboxes().ToArray())
        {
            await RemoveSandboxAsync(record, ct);
        }

        if (!await tools.Cleaner.RemoveAsync(Uid, ct))
        {
            RetryLater();
            return;
        }

        if (!await DeleteObjectAsync(ct))
        {
            return;
        }

        isDone = true;
        tools.Logger.PodGone(Identity?.ToString() ?? Uid, Uid);
        owner.Remove(this);
    }

    private static TimeSpan GraceOf(Pod? pod) =>
        TimeSpan.FromSeconds(pod?.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);

    /// <summary>When everything must have ended. The earliest wish counts: a second deletion can only hurry.</summary>
    private DateTimeOffset EndBy()
    {
        var grace =
            pod is null ? GraceOfOrphan
            : hasVanished ? GraceOfVanished
            : TimeSpan.FromSeconds(
                pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds
            );
        if (endBy is null || Now + grace < endBy)
        {
            endBy = Now + grace;
        }

        return endBy.Value;
    }

    /// <returns>Whether none is left alive.</returns>
    private bool StopContainers(DateTimeOffset deadline)
    {
        var alive = containers.Where(c => c.IsAlive && c.Id is not null).ToArray();
        if (CurrentRuntime is not { } runtime)
        {
            return true;
        }

        // Sidecars serve the others to their end, so they stop after them, the last one first.
        var mains = alive.Where(c => c.Role != ContainerRole.Sidecar).ToArray();
        foreach (var container in mains.Length > 0 ? mains : alive.TakeLast(1))
        {
            BeginStop(container, runtime, deadline);
        }

        return alive.Length == 0;
    }

    private void BeginStop(ContainerRecord container, RuntimeState runtime, DateTimeOffset deadline)
    {
        if (container.StopDeadline <= deadline)
        {
            return;
        }

        var isFirst = container.StopDeadline is null;
        container.StopDeadline = deadline;
        if (isFirst)
        {
            Tell(container, "Killing", $"Stopping container {container.Name}");
        }

        _ = StopAsync(container, container.Id!, runtime, deadline, isFirst);
    }

    private async Task StopAsync(
        ContainerRecord container,
        string id,
        RuntimeState runtime,
        DateTimeOffset deadline,
        bool runHook
    )
    {
        try
        {
            if (runHook)
            {
                await RunPreStopAsync(container, id, runtime, deadline, tools.Lifetime);
            }

            var seconds = Math.Max(0, (long)Math.Round((deadline - Now).TotalSeconds));
            await runtime.Endpoint.StopContainerAsync(
                new V1.StopContainerRequest { ContainerId = id, Timeout = seconds },
                tools.Lifetime
            );
            Post(new WorkerInput.StopReturned(container, id, null));
        }
        catch (OperationCanceledException)
        {
            // The agent ends; the next one sees that the pod is to be stopped.
        }
        catch (CriException e)
        {
            Post(new WorkerInput.StopReturned(container, id, e));
        }
    }

    private IEnumerable<SandboxRecord> AllSandboxes() => sandbox is null ? oldSandboxes : oldSandboxes.Append(sandbox);

    /// <summary>Takes the network and whatever still runs in it away. Asking for it twice does no harm.</summary>
    private async Task StopSandboxAsync(SandboxRecord record, CancellationToken ct)
    {
        if (record.IsStopped)
        {
            return;
        }

        using var place = await record.Runtime.EnterStopAsync(ct);
        try
        {
            await record.Runtime.Endpoint.StopPodSandboxAsync(
                new V1.StopPodSandboxRequest { PodSandboxId = record.Id },
                ct
            );
        }
        catch (CriException e) when (e.Reason == CriReason.NotFound)
        {
            // It is gone altogether.
        }

        record.IsStopped = true;
        record.IsReady = false;
        record.ChangedAt = tools.Time.GetTimestamp();
    }

    private async Task RemoveSandboxAsync(SandboxRecord record, CancellationToken ct)
    {
        using var place = await record.Runtime.EnterStopAsync(ct);
        try
        {
            // Its containers go with it.
            await record.Runtime.Endpoint.RemovePodSandboxAsync(
                new V1.RemovePodSandboxRequest { PodSandboxId = record.Id },
                ct
            );
        }
        catch (CriException e) when (e.Reason == CriReason.NotFound)
        {
            // It is gone already.
        }

        owner.Unregister(record.Id);
        if (!oldSandboxes.Remove(record) && sandbox == record)
        {
            sandbox = null;
        }
    }

    /// <summary>The sandbox died under its containers: they are brought to their end, and its network is released.</summary>
    private async Task EndDeadSandboxAsync(CancellationToken ct)
    {
        var dead = sandbox!;
        Tell("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
        foreach (var container in containers.Where(c => c.Phase == ContainerPhase.Created))
        {
            // It goes with the sandbox, and in the next one it is made as if for the first time.
            container.ForgetUnstarted();
        }

        foreach (var container in containers.Where(c => c.IsAlive && c.Id is not null))
        {
            try
            {
                await dead.Runtime.Endpoint.StopContainerAsync(
                    new V1.StopContainerRequest { ContainerId = container.Id, Timeout = 0 },
                    ct
                );
            }
            catch (CriException e) when (e.Reason != CriReason.Unavailable)
            {
                // Its status tells what became of it.
            }

            await ReadStatusAsync(container, dead.Runtime, ct);
            if (container.IsAlive)
            {
                MarkExited(container, VanishedExitCode, Now, VanishedReason, "The sandbox of the container died");
            }
        }

        await StopSandboxAsync(dead, ct);
        oldSandboxes.Add(dead);
        sandbox = null;
    }

    /// <summary>Whoever watches the pod sees how its containers ended before the object is gone.</summary>
    private async Task TellFinalStatusAsync()
    {
        Publish();
        if (statusWriter is not null && !hasVanished)
        {
            await statusWriter.FlushAsync();
        }
    }

    /// <returns>False when somebody's finalizer holds the object.</returns>
    private async Task<bool> DeleteObjectAsync(CancellationToken ct)
    {
        if (pod is null || hasVanished)
        {
            return true;
        }

        var key = new ObjectKey(ResourceNames.Pods, pod.Metadata.Namespace, pod.Metadata.Name);
        while (true)
        {
            if (tools.Store.Get(key) is not { } stored)
            {
                return true;
            }

            var current = KubeObject.Parse(stored.Json.Span);
            if (current.Uid != Uid)
            {
                // Another pod of this name has taken its place.
                return true;
            }

            if (current.Finalizers.Count > 0)
            {
                return false;
            }

            try
            {
                await tools.Store.DeleteAsync(key, stored.Revision, ct);
                return true;
            }
            catch (StoreException e) when (e.Reason is StoreReason.Conflict or StoreReason.NotFound)
            {
                // Somebody wrote it in between: look again.
            }
        }
    }

    /// <summary>Keeps one ended attempt per container, for its log, and no sandbox that has no container.</summary>
    private async Task TidyAsync(CancellationToken ct)
    {
        if (CurrentRuntime is not { IsOnline: true } runtime)
        {
            return;
        }

        try
        {
            foreach (var container in containers)
            {
                while (container.Dead.Count > 1)
                {
                    await RemoveDeadAsync(container, container.Dead[0], runtime, ct);
                }
            }

            foreach (var old in oldSandboxes.ToArray())
            {
                await StopSandboxAsync(old, ct);
                if (!containers.Any(c => c.SandboxId == old.Id || c.Dead.Any(d => d.SandboxId == old.Id)))
                {
                    await RemoveSandboxAsync(old, ct);
                }
            }
        }
        catch (CriException e)
        {
            // Rubbish can wait; the next turn of the pod tries again.
            tools.Logger.NotRemoved($"old containers of pod {Name}", e);
        }
    }

    private async Task RemoveDeadAsync(
        ContainerRecord container,
        DeadContainer dead,
        RuntimeState runtime,
        CancellationToken ct
    )
    {
        try
        {
            await runtime.Endpoint.RemoveContainerAsync(new V1.RemoveContainerRequest { ContainerId = dead.Id }, ct);
        }
        catch (CriException e) when (e.Reason == CriReason.NotFound)
        {
            // It is gone already.
        }

        owner.Unregister(dead.Id);
        container.Dead.Remove(dead);
        if (Identity is not null)
        {
            tools.Cleaner.RemoveContainerLog(Identity, container.Name, dead.Attempt, dead.Id);
        }
    }
}
