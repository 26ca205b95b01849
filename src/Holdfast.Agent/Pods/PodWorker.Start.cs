using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Volumes;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>Keeping a pod running: sandbox, init containers, containers, restarts.</summary>
internal sealed partial class PodWorker
{
    private async Task KeepAsync(CancellationToken ct)
    {
        // Status shows the pod as taken on while its sandbox is being made.
        Publish(isPassing: true);
        var plan = PodPlan.Make(pod!.Spec, containers, sandbox, Now);
        if (plan.IsFinished)
        {
            await FinishAsync(ct);
            return;
        }

        var (runtime, handler) = sandbox is { IsReady: true } ? (sandbox.Runtime, sandbox.Handler) : ChooseRuntime();
        if (runtime is null || !CanAct(runtime))
        {
            return;
        }

        if (plan.NeedsSandbox)
        {
            if (sandbox is not null)
            {
                await EndDeadSandboxAsync(ct);
            }

            if (!await RunSandboxAsync(runtime, handler, ct))
            {
                return;
            }

            plan = PodPlan.Make(pod.Spec, containers, sandbox, Now);
        }
        else if (!TrySetUpVolumes())
        {
            return;
        }

        ShowBackOff(plan);
        if (plan.ToStart.Count > 0)
        {
            using var place = await runtime.EnterStartAsync(ct);
            await StartContainersAsync(plan, runtime, ct);
        }

        await TidyAsync(ct);
    }

    /// <summary>
    /// A runtime is online after what it has was posted to everybody. So what is still unread must be read first: it may
    /// say that the pod runs there already. A pod whose runtime is away is told when it is back.
    /// </summary>
    private bool CanAct(RuntimeState runtime) => runtime.IsOnline && inputs.IsEmpty;

    private (RuntimeState? Runtime, string Handler) ChooseRuntime()
    {
        try
        {
            return tools.Runtimes.Choose(pod!);
        }
        catch (AgentException e)
        {
            Warn(e.Reason.ToString(), e.Message);
            RetryLater();
            return (null, "");
        }
    }

    /// <summary>Volumes are looked at again when something they are made from may have changed.</summary>
    private bool TrySetUpVolumes()
    {
        if (volumes is not null)
        {
            return true;
        }

        try
        {
            volumes = tools.Volumes.SetUp(pod!, sandbox?.Ips ?? []);
            return true;
        }
        catch (AgentException e)
        {
            Warn(e.Reason.ToString(), e.Message);

            // The object it waits for wakes the worker when it appears; a broken host path does not.
            RetryLater();
            return false;
        }
    }

    /// <returns>False when the pod has to wait.</returns>
    private async Task<bool> RunSandboxAsync(RuntimeState runtime, string handler, CancellationToken ct)
    {
        var attempt = NextSandboxAttempt();
        var config = tools.Sandboxes.Build(pod!, attempt, handler, ResolvConf.ReadNode(tools.Options.ResolvConf));
        if (!TrySetUpVolumes())
        {
            return false;
        }

        Directory.CreateDirectory(Paths.PodDirectory);
        Directory.CreateDirectory(Paths.LogDirectory);
        await StartPullsAsync(runtime, config, ct);
        using var place = await runtime.EnterStartAsync(ct);
        if (mustEnd)
        {
            return false;
        }

        string id;
        try
        {
            var request = new V1.RunPodSandboxRequest { Config = config, RuntimeHandler = handler };
            id = (await runtime.Endpoint.RunPodSandboxAsync(request, ct)).PodSandboxId;
        }
        catch (CriException e)
        {
            Warn(nameof(AgentReason.FailedCreatePodSandBox), $"Failed to create pod sandbox: {e.Message}");
            RetryLater();
            await ListAgainAsync(runtime, ct);
            return false;
        }

        sandbox = new SandboxRecord(runtime, id, attempt, handler) { ChangedAt = tools.Time.GetTimestamp() };
        owner.Register(id, this);
        addresses = ReadIpsAsync(sandbox, ct);
        WriteHosts();

        // The first containers start on the same turn: a pod that has begun is finished before the next one begins.
        await StartContainersAsync(PodPlan.Make(pod!.Spec, containers, sandbox, Now), runtime, ct);
        await SettleAddressesAsync();
        return true;
    }

    /// <summary>The addresses are asked for while the first container is being made, and are known before it starts.</summary>
    private async Task SettleAddressesAsync()
    {
        if (addresses is { } asked)
        {
            addresses = null;
            await asked;
            WriteHosts();
        }
    }

    private void WriteHosts()
    {
        var hostName = SandboxConfigBuilder.HostName(pod!.Spec, pod.Metadata.Name, tools.Options.NodeName);
        var text = EtcHosts.Build(pod.Spec, hostName, sandbox!.Ips, () => File.ReadAllText(tools.Options.HostsFile));
        PodFiles.WriteHosts(Paths, text);
    }

    private uint NextSandboxAttempt()
    {
        var known = oldSandboxes.Select(s => s.Attempt);
        known = sandbox is null ? known : known.Append(sandbox.Attempt);
        return known.Select(a => a + 1).DefaultIfEmpty(0u).Max();
    }

    /// <summary>
    /// What failed, or did not answer in time, may have left something behind or even have succeeded.
    /// </summary>
    private async Task ListAgainAsync(RuntimeState runtime, CancellationToken ct)
    {
        try
        {
            var snapshot = await RuntimeSnapshot.TakeAsync(runtime, tools.Options, tools.Time, ct);
            if (snapshot.ByPodUid.TryGetValue(Uid, out var found))
            {
                await TakeSnapshotAsync(found, ct);
            }
        }
        catch (CriException)
        {
            // The runtime is away; when it is back it is listed anyway.
        }
    }

    private void ShowBackOff(PodPlan plan)
    {
        foreach (var (container, until) in plan.BackingOff)
        {
            WakeAt(until);
            if (container.RetryAt is not null)
            {
                continue;
            }

            var message =
                $"back-off {container.BackOff.Delay.TotalSeconds:0}s restarting failed container={container.Name} "
                + $"pod={pod!.Metadata.Name}_{pod.Metadata.Namespace}({Uid})";
            if (container.Waiting?.Reason != "CrashLoopBackOff")
            {
                Warn(
                    container,
                    "BackOff",
                    $"Back-off restarting failed container {container.Name} in pod {pod.Metadata.Name}"
                );
            }

            container.Waiting = new ContainerStateWaiting { Reason = "CrashLoopBackOff", Message = message };
        }
    }

    private async Task StartContainersAsync(PodPlan plan, RuntimeState runtime, CancellationToken ct)
    {
        foreach (var container in plan.ToStart)
        {
            if (mustEnd || sandbox is not { IsReady: true })
            {
                return;
            }

            if (
                container is { Phase: ContainerPhase.Running, SandboxId: not null }
                && container.SandboxId == sandbox.Id
            )
            {
                continue;
            }

            var isStarted = await StartContainerAsync(container, runtime, ct);
            if (container.IsInPostStart)
            {
                return;
            }

            if (!isStarted && (container.Role != ContainerRole.Main || container.Image.IsPulling))
            {
                // The order of the list is a promise: who comes later waits.
                return;
            }
        }
    }
}
