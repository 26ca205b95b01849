using System.Diagnostics;
using Holdfast.Agent.GarbageCollection;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Status;
using Holdfast.Agent.Volumes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Agent.Pods;

/// <summary>Taking in what happened: the object's changes, the runtime's events and lists. Nothing is started here.</summary>
internal sealed partial class PodWorker
{
    // 128 + SIGKILL: what is known of the end of a container that vanished unseen.
    private const int VanishedExitCode = 137;
    private const string VanishedReason = "ContainerStatusUnknown";

    private async Task TakeAsync(WorkerInput input, CancellationToken ct)
    {
        switch (input)
        {
            case WorkerInput.Changed changed:
                TakePod(changed.Pod);
                break;
            case WorkerInput.Vanished:
                hasVanished = true;
                ForgetWaiting();
                break;
            case WorkerInput.Observed observed:
                await TakeSnapshotAsync(observed.Snapshot, ct);
                await RotateLogsAsync(observed.Snapshot.Runtime, ct);
                break;
            case WorkerInput.Happened happened:
                await TakeEventAsync(happened.Event, ct);
                break;
            case WorkerInput.PullReturned pull:
                TakePull(pull);
                break;
            case WorkerInput.PostStartReturned hook:
                TakePostStart(hook);
                break;
            case WorkerInput.StopReturned stop:
                await TakeStopAsync(stop, ct);
                break;
            case WorkerInput.TryAgain:
                volumes = null;
                ForgetWaiting();
                break;
            case WorkerInput.RuntimeBack:
                ForgetWaiting();
                break;
            case WorkerInput.TimePassed:
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Something changed on which a failed step may have depended: it is tried at once.</summary>
    private void ForgetWaiting()
    {
        retryAt = null;
        foreach (var container in containers)
        {
            container.RetryAt = null;
        }
    }

    private void TakePod(Pod fresh)
    {
        var isFirst = pod is null;
        var isChanged =
            pod is null
            || pod.Metadata.DeletionTimestamp != fresh.Metadata.DeletionTimestamp
            || !pod.Metadata.Labels.SequenceEqual(fresh.Metadata.Labels)
            || !pod.Metadata.Annotations.SequenceEqual(fresh.Metadata.Annotations);
        pod = fresh;
        Identity = new PodIdentity(fresh.Metadata.Namespace, fresh.Metadata.Name, Uid);
        if (isChanged)
        {
            // Labels and annotations may be shown in files of the pod.
            volumes = null;
            ForgetWaiting();
        }

        AlignContainers(fresh.Spec);
        if (!isFirst)
        {
            return;
        }

        status = fresh.Status;
        foreach (var seed in fresh.Status.InitContainerStatuses.Concat(fresh.Status.ContainerStatuses))
        {
            if (containers.FirstOrDefault(c => c.Name == seed.Name) is { } container)
            {
                TakeSeed(container, seed);
            }
        }

        if (fresh.Status is { Phase: PodPhase.Failed, Reason.Length: > 0 })
        {
            failure = new PodFailure(fresh.Status.Reason, fresh.Status.Message ?? "");
        }

        var key = new ObjectKey(ResourceNames.Pods, fresh.Metadata.Namespace, fresh.Metadata.Name);
        statusWriter = new PodStatusWriter(tools.Store, key, Uid, tools.Time, tools.Logger, tools.Lifetime);
    }

    /// <summary>The list of containers never changes, but an image or a limit in it may.</summary>
    private void AlignContainers(PodSpec spec)
    {
        var wanted = spec
            .InitContainers.Select(c => (c, c.RestartPolicy == "Always" ? ContainerRole.Sidecar : ContainerRole.Init))
            .Concat(spec.Containers.Select(c => (c, ContainerRole.Main)));
        foreach (var (container, role) in wanted)
        {
            if (containers.FirstOrDefault(c => c.Name == container.Name) is { } known)
            {
                known.Spec = container;
            }
            else
            {
                containers.Add(new ContainerRecord(container, role));
            }
        }
    }

    /// <summary>What the last agent wrote is taken over until the runtime contradicts it.</summary>
    private static void TakeSeed(ContainerRecord container, ContainerStatus seed)
    {
        container.Seed = seed;
        if (seed.LastState.Terminated is { } last && last.ContainerID != seed.ContainerID)
        {
            container.Last = last;
        }

        container.ImageReference = seed.ImageID;
        if (seed.ContainerID is not null)
        {
            container.Attempt = (uint)seed.RestartCount;
        }

        // A pod that had ended before its containers were collected stays ended.
        if (seed.State.Terminated is { } end)
        {
            container.Id = IdOf(seed.ContainerID);
            container.StartedAt = end.StartedAt;
            container.MarkExited(end.ExitCode, end.FinishedAt ?? DateTimeOffset.UnixEpoch, end.Reason, end.Message);
        }
    }

    private static string? IdOf(string? containerId)
    {
        var at = containerId?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        return at < 0 ? null : containerId![(at + 3)..];
    }

    private async Task TakeEventAsync(RuntimeEvent happened, CancellationToken ct)
    {
        if (sandbox is not null && sandbox.Id == happened.Id)
        {
            if (happened.Kind is RuntimeEventKind.Exited or RuntimeEventKind.Deleted)
            {
                sandbox.IsReady = false;
                sandbox.ChangedAt = tools.Time.GetTimestamp();
            }

            return;
        }

        var container = containers.FirstOrDefault(c => c.Id == happened.Id);
        switch (happened.Kind)
        {
            case RuntimeEventKind.OomKilled when container is not null:
                container.WasOomKilled = true;
                if (container is { Phase: ContainerPhase.Exited, ExitCode: not 0 })
                {
                    container.Reason = "OOMKilled";
                }

                break;
            case RuntimeEventKind.Exited when container is { Phase: ContainerPhase.Created or ContainerPhase.Running }:
                if (happened.ExitCode is { } code)
                {
                    MarkExited(container, code, happened.At, reason: null, message: null);
                }
                else
                {
                    await ReadStatusAsync(container, CurrentRuntime!, ct);
                }

                break;
            default:
                break;
        }
    }

    private async Task TakeStopAsync(WorkerInput.StopReturned stop, CancellationToken ct)
    {
        var container = stop.Container;
        if (container.Id != stop.Id || !container.IsAlive)
        {
            return;
        }

        container.StopDeadline = null;
        if (stop.Error is CriException { Reason: CriReason.Unavailable })
        {
            RetryLater();
            return;
        }

        // Its exit is usually known by now from the event; if not, the runtime is asked.
        if (CurrentRuntime is { } runtime)
        {
            await ReadStatusAsync(container, runtime, ct);
        }

        if (container.IsAlive)
        {
            // The runtime could not stop it: not asked again at once, or this would go round and round.
            RetryLater();
        }
    }

    private void MarkExited(ContainerRecord container, int code, DateTimeOffset at, string? reason, string? message)
    {
        var fallBackToLog = container.Spec.TerminationMessagePolicy == "FallbackToLogsOnError" && code != 0;
        var words =
            string.IsNullOrEmpty(message) && Identity is not null
                ? PodFiles.ReadTerminationMessage(Paths, container.Name, container.Attempt, fallBackToLog)
                : message;
        container.MarkExited(code, at, string.IsNullOrEmpty(reason) ? null : reason, words);
        container.ChangedAt = tools.Time.GetTimestamp();
    }

    private RuntimeState? CurrentRuntime =>
        sandbox?.Runtime ?? (oldSandboxes.Count > 0 ? oldSandboxes[^1].Runtime : null);

    private async Task ReadStatusAsync(ContainerRecord container, RuntimeState runtime, CancellationToken ct)
    {
        V1.ContainerStatus found;
        try
        {
            var request = new V1.ContainerStatusRequest { ContainerId = container.Id };
            found = (await runtime.Endpoint.ContainerStatusAsync(request, ct)).Status;
        }
        catch (CriException e) when (e.Reason == CriReason.NotFound)
        {
            if (container.Phase == ContainerPhase.Created)
            {
                container.ForgetUnstarted();
                return;
            }

            MarkExited(container, VanishedExitCode, Now, VanishedReason, "The container could not be located");
            return;
        }

        container.ImageReference = found.ImageRef;
        container.StartedAt = Time(found.StartedAt) ?? container.StartedAt;
        container.ChangedAt = tools.Time.GetTimestamp();
        switch (found.State)
        {
            case V1.ContainerState.ContainerRunning:
                container.Phase = ContainerPhase.Running;
                break;
            case V1.ContainerState.ContainerCreated:
                container.Phase = ContainerPhase.Created;
                break;
            default:
                MarkExited(container, found.ExitCode, Time(found.FinishedAt) ?? Now, found.Reason, found.Message);
                break;
        }
    }

    /// <summary>Nanoseconds since 1970; 0 is "never".</summary>
    private static DateTimeOffset? Time(long nanoseconds) =>
        nanoseconds > 0 ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100) : null;
}
