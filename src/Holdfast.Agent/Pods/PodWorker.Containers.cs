using Holdfast.Agent.Images;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Volumes;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>Making and starting one container.</summary>
internal sealed partial class PodWorker
{
    // Status of a container whose first process could not be executed at all, as the kubelet shows it.
    private const int StartErrorExitCode = 128;
    private static readonly TimeSpan CreateRetryPause = TimeSpan.FromSeconds(10);

    /// <returns>False when it has to wait or has failed; its record says why.</returns>
    private async Task<bool> StartContainerAsync(ContainerRecord container, RuntimeState runtime, CancellationToken ct)
    {
        if (container.Phase == ContainerPhase.Created && await HasStartedAfterAllAsync(container, runtime, ct))
        {
            return true;
        }

        var image = await EnsureImageAsync(container, runtime, ct);
        if (image is null)
        {
            return false;
        }

        if (container.Spec.Env.Any(e => e.ValueFrom?.FieldRef?.FieldPath is "status.podIP" or "status.podIPs"))
        {
            await SettleAddressesAsync();
        }

        var attempt = container.NextAttempt;
        V1.CreateContainerRequest request;
        try
        {
            request = new V1.CreateContainerRequest
            {
                PodSandboxId = sandbox!.Id,
                SandboxConfig = SandboxConfig(),
                Config = tools.Containers.Build(pod!, container.Spec, attempt, image, sandbox.Ips, volumes!),
            };
        }
        catch (AgentException e)
        {
            Refuse(container, e.Reason.ToString(), e.Message);
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever is wrong with what the pod asks for belongs to the container, where its owner looks.
            Refuse(container, nameof(AgentReason.CreateContainerConfigError), e.Message);
            return false;
        }

        PodFiles.PrepareContainer(Paths, container.Name, attempt);
        try
        {
            await RemoveUnstartedAsync(container, runtime, ct);
            var id = (await runtime.Endpoint.CreateContainerAsync(request, ct)).ContainerId;
            BeginAttempt(container, id, attempt, image, runtime);
            await SettleAddressesAsync();
        }
        catch (CriException e) when (e.Reason != CriReason.Unavailable)
        {
            // The image may have been removed behind our back; next time the runtime is asked.
            runtime.Images.ForgetAll();
            Refuse(container, "CreateContainerError", e.Message);
            await ListAgainAsync(runtime, ct);
            return false;
        }

        return await StartCreatedAsync(container, runtime, ct);
    }

    private V1.PodSandboxConfig SandboxConfig() =>
        tools.Sandboxes.Build(pod!, sandbox!.Attempt, sandbox.Handler, ResolvConf.ReadNode(tools.Options.ResolvConf));

    /// <summary>
    /// The agent was killed, or the runtime went away, between create and start, and which of them came through is not known.
    /// </summary>
    private async Task<bool> HasStartedAfterAllAsync(
        ContainerRecord container,
        RuntimeState runtime,
        CancellationToken ct
    )
    {
        await ReadStatusAsync(container, runtime, ct);
        if (container.Phase == ContainerPhase.Exited)
        {
            // Its end is no event any more: what follows from it is decided on the next turn.
            WakeAt(Now);
        }

        return container.Phase is ContainerPhase.Running or ContainerPhase.Exited;
    }

    /// <summary>Created by an agent that was killed before it could start it: nothing has run in it yet.</summary>
    private static async Task RemoveUnstartedAsync(
        ContainerRecord container,
        RuntimeState runtime,
        CancellationToken ct
    )
    {
        if (container is { Phase: ContainerPhase.Created, Id: not null })
        {
            try
            {
                await runtime.Endpoint.RemoveContainerAsync(
                    new V1.RemoveContainerRequest { ContainerId = container.Id },
                    ct
                );
            }
            catch (CriException e) when (e.Reason == CriReason.NotFound)
            {
                // It is gone already, which CRI-O takes for an error.
            }

            container.ForgetUnstarted();
        }
    }

    private void BeginAttempt(ContainerRecord container, string id, uint attempt, ImageInfo image, RuntimeState runtime)
    {
        if (container is { Phase: ContainerPhase.Exited, Id: not null })
        {
            container.Last = container.Terminated($"{runtime.Scheme}://{container.Id}");
            if (container.SandboxId is not null)
            {
                container.Dead.Add(new DeadContainer(container.Id, container.Attempt, container.SandboxId));
            }

            container.BackOff = container.BackOff.Next(container.FinishedAt ?? Now, Now);
        }

        container.Id = id;
        container.SandboxId = sandbox!.Id;
        container.Attempt = attempt;
        container.Phase = ContainerPhase.Created;
        container.ImageReference = image.Reference;
        container.Waiting = null;
        container.Reason = null;
        container.Message = null;
        container.WasOomKilled = false;
        container.IsInPostStart = false;
        container.StopDeadline = null;
        container.Image.Ready = null;
        container.ChangedAt = tools.Time.GetTimestamp();
        owner.Register(id, this);
        Tell(container, "Created", $"Created container {container.Name}");
    }

    private async Task<bool> StartCreatedAsync(ContainerRecord container, RuntimeState runtime, CancellationToken ct)
    {
        try
        {
            await runtime.Endpoint.StartContainerAsync(new V1.StartContainerRequest { ContainerId = container.Id }, ct);
        }
        catch (CriException e) when (e.Reason != CriReason.Unavailable)
        {
            container.StartedAt = null;
            container.MarkExited(StartErrorExitCode, Now, "StartError", e.Message);
            container.ChangedAt = tools.Time.GetTimestamp();
            Warn(container, "Failed", $"Error: {e.Message}");
            return false;
        }

        // The answer of the runtime is all that is needed to say Running: no event and no question is waited for.
        container.Phase = ContainerPhase.Running;
        container.StartedAt = Now;
        container.ChangedAt = tools.Time.GetTimestamp();
        Tell(container, "Started", $"Started container {container.Name}");
        if (Identity is not null)
        {
            tools.Cleaner.LinkContainerLog(Identity, container.Name, container.Attempt, container.Id!);
        }

        BeginPostStart(container, runtime);
        return true;
    }

    /// <summary>It cannot be made as it is; tried again later, or at once when something changes.</summary>
    private void Refuse(ContainerRecord container, string reason, string message)
    {
        container.Waiting = new ContainerStateWaiting { Reason = reason, Message = message };
        container.RetryAt = Now + CreateRetryPause;
        WakeAt(container.RetryAt.Value);
        Warn(container, "Failed", $"Error: {message}");
    }
}
