using Holdfast.Agent.GarbageCollection;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Cri;

namespace Holdfast.Agent.Pods;

/// <summary>
/// Taking over what a runtime already has of the pod: after the agent was restarted, after the runtime was, and on every
/// relist. Nothing that runs is touched.
/// </summary>
internal sealed partial class PodWorker
{
    private async Task TakeSnapshotAsync(PodSnapshot snapshot, CancellationToken ct)
    {
        if (Identity is null && snapshot.Sandboxes.Count > 0)
        {
            // No object owns it: its names are needed to remove what it left.
            var metadata = snapshot.Sandboxes[0].Metadata;
            Identity = new PodIdentity(metadata.Namespace, metadata.Name, Uid);
        }

        await TakeSandboxesAsync(snapshot, ct);
        foreach (var group in snapshot.Containers.GroupBy(c => Label(c, RuntimeLabels.ContainerName)))
        {
            await TakeContainersAsync(group.Key, [.. group], snapshot, ct);
        }

        var listed = snapshot.Containers.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var container in containers)
        {
            var isMissing =
                container is { Phase: ContainerPhase.Created or ContainerPhase.Running, Id: not null }
                && container.ChangedAt < snapshot.TakenAt
                && ReferenceEquals(CurrentRuntime, snapshot.Runtime)
                && !listed.Contains(container.Id);
            if (isMissing && !container.IsAlive)
            {
                container.ForgetUnstarted();
            }
            else if (isMissing)
            {
                MarkExited(
                    container,
                    VanishedExitCode,
                    Now,
                    VanishedReason,
                    "The container could not be located when the runtime was listed"
                );
            }
        }
    }

    private async Task TakeSandboxesAsync(PodSnapshot snapshot, CancellationToken ct)
    {
        foreach (var found in snapshot.Sandboxes.OrderBy(s => s.Metadata.Attempt).ThenBy(s => s.CreatedAt))
        {
            var isReady = found.State == V1.PodSandboxState.SandboxReady;
            if (Find(found.Id) is { } known)
            {
                if (known.ChangedAt < snapshot.TakenAt && known.IsReady != isReady)
                {
                    known.IsReady = isReady;
                    known.ChangedAt = tools.Time.GetTimestamp();
                }

                continue;
            }

            var handler = RuntimeLabels.HandlerOf(found);
            var record = new SandboxRecord(snapshot.Runtime, found.Id, found.Metadata.Attempt, handler)
            {
                IsReady = isReady,
                ChangedAt = tools.Time.GetTimestamp(),
            };
            owner.Register(found.Id, this);
            if (sandbox is null || (isReady && !sandbox.IsReady) || record.Attempt > sandbox.Attempt)
            {
                Retire(sandbox);
                sandbox = record;
            }
            else
            {
                oldSandboxes.Add(record);
            }
        }

        var isGone =
            sandbox is not null
            && ReferenceEquals(sandbox.Runtime, snapshot.Runtime)
            && sandbox.ChangedAt < snapshot.TakenAt
            && snapshot.Sandboxes.All(s => s.Id != sandbox.Id);
        if (isGone)
        {
            sandbox!.IsReady = false;
            sandbox.IsStopped = true;
        }

        if (sandbox is { IsReady: true, Ips.Count: 0 })
        {
            await ReadIpsAsync(sandbox, ct);
        }
    }

    private SandboxRecord? Find(string id) =>
        sandbox?.Id == id ? sandbox : oldSandboxes.FirstOrDefault(s => s.Id == id);

    private void Retire(SandboxRecord? old)
    {
        if (old is not null)
        {
            oldSandboxes.Add(old);
        }
    }

    private async Task ReadIpsAsync(SandboxRecord record, CancellationToken ct)
    {
        if (pod?.Spec.HostNetwork == true)
        {
            record.Ips = [tools.Node.Address];
            return;
        }

        try
        {
            var request = new V1.PodSandboxStatusRequest { PodSandboxId = record.Id };
            var network = (await record.Runtime.Endpoint.PodSandboxStatusAsync(request, ct)).Status.Network;
            record.Ips = network is { Ip.Length: > 0 }
                ? [network.Ip, .. network.AdditionalIps.Select(ip => ip.Ip)]
                : [];
        }
        catch (CriException e) when (e.Reason == CriReason.NotFound)
        {
            record.IsReady = false;
        }
    }

    private async Task TakeContainersAsync(
        string name,
        V1.Container[] found,
        PodSnapshot snapshot,
        CancellationToken ct
    )
    {
        var inOrder = found.OrderBy(c => c.Metadata.Attempt).ThenBy(c => c.CreatedAt).ToArray();
        var container = containers.FirstOrDefault(c => c.Name == name);
        if (container is null)
        {
            // A container of a pod that has no object any more: the record is only there to stop it.
            container = new ContainerRecord(new Kube.Container { Name = name }, ContainerRole.Main);
            containers.Add(container);
        }

        var newest = inOrder[^1];
        foreach (var older in inOrder[..^1].Where(c => c.Id != container.Id && container.Dead.All(d => d.Id != c.Id)))
        {
            container.Dead.Add(new DeadContainer(older.Id, older.Metadata.Attempt, older.PodSandboxId));
        }

        container.Dead.Sort((a, b) => a.Attempt.CompareTo(b.Attempt));
        if (container.Id != newest.Id && (container.Id is null || newest.Metadata.Attempt >= container.Attempt))
        {
            await AdoptAsync(container, newest, snapshot.Runtime, ct);
        }
        else if (
            container.Id == newest.Id
            && (container.SandboxId is null || container.ChangedAt < snapshot.TakenAt)
            && (container.SandboxId is null || PhaseOf(newest.State) != container.Phase)
        )
        {
            await AdoptAsync(container, newest, snapshot.Runtime, ct);
        }
    }

    private async Task AdoptAsync(
        ContainerRecord container,
        V1.Container found,
        RuntimeState runtime,
        CancellationToken ct
    )
    {
        container.Id = found.Id;
        container.SandboxId = found.PodSandboxId;
        container.Attempt = found.Metadata.Attempt;
        container.ChangedAt = tools.Time.GetTimestamp();
        owner.Register(found.Id, this);

        // Status in the store already tells all there is to know of a container that is still as it was.
        var seed = container.Seed is { } s && IdOf(s.ContainerID) == found.Id ? s : null;
        if (found.State == V1.ContainerState.ContainerRunning && seed?.State.Running?.StartedAt is { } startedAt)
        {
            container.Phase = ContainerPhase.Running;
            container.StartedAt = startedAt;
            container.ImageReference = seed.ImageID;
        }
        else if (found.State == V1.ContainerState.ContainerExited && seed?.State.Terminated is not null)
        {
            container.Phase = ContainerPhase.Exited;
        }
        else
        {
            container.Phase = PhaseOf(found.State);
            await ReadStatusAsync(container, runtime, ct);
        }
    }

    private static ContainerPhase PhaseOf(V1.ContainerState state) =>
        state switch
        {
            V1.ContainerState.ContainerCreated => ContainerPhase.Created,
            V1.ContainerState.ContainerRunning => ContainerPhase.Running,
            _ => ContainerPhase.Exited,
        };

    private static string Label(V1.Container container, string key) =>
        container.Labels.TryGetValue(key, out var value) ? value : "";
}
