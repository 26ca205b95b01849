using System.Globalization;
using Holdfast.Cri;
using Holdfast.Cri.V1;

namespace Holdfast.Testing.Scripted;

/// <summary>
/// The sandboxes and containers of a <see cref="ScriptedRuntime"/>, with containerd's rules: a name is taken until its
/// owner is removed, stopping and removing what is gone succeeds. Processes run until they are stopped or
/// <see cref="Exit"/>. Thread-safe.
/// </summary>
/// <param name="changed">Hears of every change, in order.</param>
public sealed class ScriptedPods(Action<string, ContainerEventType> changed)
{
    private readonly Lock sync = new();
    private readonly Dictionary<string, PodSandboxStatus> sandboxes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ContainerStatus Status, string SandboxId)> containers = new(
        StringComparer.Ordinal
    );
    private readonly HashSet<string> images = new(StringComparer.Ordinal);
    private readonly List<string> doubles = [];
    private int made;

    /// <summary>What ran beside another of its kind: two sandboxes of a pod, or two attempts of a container.</summary>
    public IReadOnlyList<string> Doubles => Locked(() => doubles.ToList());

    public IReadOnlyList<PodSandboxStatus> Sandboxes =>
        Locked(() => sandboxes.Values.Select(status => status.Clone()).ToList());

    public IReadOnlyList<ContainerStatus> Containers =>
        Locked(() => containers.Values.Select(entry => entry.Status.Clone()).ToList());

    /// <summary>Lets the process of a container end by itself.</summary>
    public void Exit(string id, int code) => Locked(() => End(id, code));

    internal RunPodSandboxResponse Run(RunPodSandboxRequest request) =>
        Locked(() =>
        {
            var config = request.Config;
            if (sandboxes.Values.Any(status => status.Metadata.Equals(config.Metadata)))
            {
                throw new CriException(CriReason.Unknown, $"failed to reserve sandbox name \"{config.Metadata}\"");
            }

            var sandbox = new PodSandboxStatus
            {
                Id = NextId(),
                Metadata = config.Metadata,
                State = PodSandboxState.SandboxReady,
                CreatedAt = Now(),
                Labels = { config.Labels },
                Annotations = { config.Annotations },
                RuntimeHandler = request.RuntimeHandler,
                Network = new PodSandboxNetworkStatus { Ip = $"10.1.{made / 250}.{(made % 250) + 1}" },
            };
            if (
                sandboxes.Values.Any(other =>
                    other.Metadata.Uid == config.Metadata.Uid && other.State == PodSandboxState.SandboxReady
                )
            )
            {
                doubles.Add($"two sandboxes of {config.Metadata.Namespace}/{config.Metadata.Name}");
            }

            sandboxes.Add(sandbox.Id, sandbox);
            Tell(sandbox.Id, ContainerEventType.ContainerCreatedEvent);
            Tell(sandbox.Id, ContainerEventType.ContainerStartedEvent);
            return new RunPodSandboxResponse { PodSandboxId = sandbox.Id };
        });

    internal StopPodSandboxResponse Stop(StopPodSandboxRequest request) =>
        Locked(() =>
        {
            foreach (var id in ContainersOf(request.PodSandboxId))
            {
                End(id, 137);
            }

            if (
                sandboxes.TryGetValue(request.PodSandboxId, out var sandbox)
                && sandbox.State == PodSandboxState.SandboxReady
            )
            {
                sandbox.State = PodSandboxState.SandboxNotready;
                Tell(sandbox.Id, ContainerEventType.ContainerStoppedEvent);
            }

            return new StopPodSandboxResponse();
        });

    internal RemovePodSandboxResponse Remove(RemovePodSandboxRequest request) =>
        Locked(() =>
        {
            foreach (var id in ContainersOf(request.PodSandboxId))
            {
                End(id, 137);
                Forget(id);
            }

            if (sandboxes.Remove(request.PodSandboxId))
            {
                Tell(request.PodSandboxId, ContainerEventType.ContainerDeletedEvent);
            }

            return new RemovePodSandboxResponse();
        });

    internal PodSandboxStatusResponse Status(PodSandboxStatusRequest request) =>
        Locked(() => new PodSandboxStatusResponse { Status = SandboxOf(request.PodSandboxId).Clone() });

    internal ListPodSandboxResponse List(ListPodSandboxRequest request) =>
        Locked(() =>
        {
            var filter = request.Filter ?? new PodSandboxFilter();
            return new ListPodSandboxResponse
            {
                Items =
                {
                    sandboxes
                        .Values.Where(status =>
                            Fits(filter.Id, status.Id)
                            && (filter.State is null || filter.State.State == status.State)
                            && filter.LabelSelector.All(label => Has(status.Labels, label))
                        )
                        .Select(status => new PodSandbox
                        {
                            Id = status.Id,
                            Metadata = status.Metadata,
                            State = status.State,
                            CreatedAt = status.CreatedAt,
                            Labels = { status.Labels },
                            Annotations = { status.Annotations },
                            RuntimeHandler = status.RuntimeHandler,
                        }),
                },
            };
        });

    internal CreateContainerResponse Create(CreateContainerRequest request) =>
        Locked(() =>
        {
            var sandbox = SandboxOf(request.PodSandboxId);
            var config = request.Config;
            var isTaken = containers.Values.Any(other =>
                other.SandboxId == sandbox.Id && other.Status.Metadata.Equals(config.Metadata)
            );
            if (isTaken || sandbox.State != PodSandboxState.SandboxReady)
            {
                throw new CriException(
                    CriReason.Unknown,
                    isTaken ? $"failed to reserve container name \"{config.Metadata}\"" : "sandbox is not running"
                );
            }

            var container = new ContainerStatus
            {
                Id = NextId(),
                Metadata = config.Metadata,
                State = ContainerState.ContainerCreated,
                CreatedAt = Now(),
                Image = config.Image,
                ImageRef = ImageIdOf(config.Image.Image),
                Labels = { config.Labels },
                Annotations = { config.Annotations },
                LogPath = Path.Join(request.SandboxConfig?.LogDirectory, config.LogPath),
            };
            containers.Add(container.Id, (container, sandbox.Id));
            Tell(container.Id, ContainerEventType.ContainerCreatedEvent);
            return new CreateContainerResponse { ContainerId = container.Id };
        });

    internal StartContainerResponse Start(StartContainerRequest request) =>
        Locked(() =>
        {
            var (status, sandboxId) = ContainerOf(request.ContainerId);
            if (status.State != ContainerState.ContainerCreated)
            {
                throw new CriException(CriReason.Unknown, $"container is in {status.State} state");
            }

            var uid = sandboxes[sandboxId].Metadata.Uid;
            if (
                containers.Values.Any(other =>
                    other.Status.State == ContainerState.ContainerRunning
                    && other.Status.Metadata.Name == status.Metadata.Name
                    && sandboxes[other.SandboxId].Metadata.Uid == uid
                )
            )
            {
                doubles.Add($"two attempts of {status.Metadata.Name} in pod {uid}");
            }

            (status.State, status.StartedAt) = (ContainerState.ContainerRunning, Now());
            Tell(status.Id, ContainerEventType.ContainerStartedEvent);
            return new StartContainerResponse();
        });

    internal StopContainerResponse Stop(StopContainerRequest request) =>
        Locked(() =>
        {
            End(ContainerOf(request.ContainerId).Status.Id, 137);
            return new StopContainerResponse();
        });

    internal RemoveContainerResponse Remove(RemoveContainerRequest request) =>
        Locked(() =>
        {
            End(request.ContainerId, 137);
            Forget(request.ContainerId);
            return new RemoveContainerResponse();
        });

    internal ContainerStatusResponse Status(ContainerStatusRequest request) =>
        Locked(() => new ContainerStatusResponse { Status = ContainerOf(request.ContainerId).Status.Clone() });

    internal ListContainersResponse List(ListContainersRequest request) =>
        Locked(() =>
        {
            var filter = request.Filter ?? new ContainerFilter();
            return new ListContainersResponse
            {
                Containers =
                {
                    containers
                        .Values.Where(entry =>
                            Fits(filter.Id, entry.Status.Id)
                            && Fits(filter.PodSandboxId, entry.SandboxId)
                            && (filter.State is null || filter.State.State == entry.Status.State)
                            && filter.LabelSelector.All(label => Has(entry.Status.Labels, label))
                        )
                        .Select(entry => new Container
                        {
                            Id = entry.Status.Id,
                            PodSandboxId = entry.SandboxId,
                            Metadata = entry.Status.Metadata,
                            Image = entry.Status.Image,
                            ImageRef = entry.Status.ImageRef,
                            State = entry.Status.State,
                            CreatedAt = entry.Status.CreatedAt,
                            Labels = { entry.Status.Labels },
                            Annotations = { entry.Status.Annotations },
                        }),
                },
            };
        });

    internal ExecSyncResponse Exec(ExecSyncRequest request) =>
        Locked(() =>
            ContainerOf(request.ContainerId).Status.State == ContainerState.ContainerRunning
                ? new ExecSyncResponse()
                : throw new CriException(CriReason.Unknown, "container is not running")
        );

    internal PullImageResponse Pull(PullImageRequest request) =>
        Locked(() =>
        {
            images.Add(request.Image.Image);
            return new PullImageResponse { ImageRef = ImageIdOf(request.Image.Image) };
        });

    internal ImageStatusResponse Status(ImageStatusRequest request) =>
        Locked(() =>
            images.Contains(request.Image.Image)
                ? new ImageStatusResponse
                {
                    Image = new Image
                    {
                        Id = ImageIdOf(request.Image.Image),
                        RepoTags = { request.Image.Image },
                        Size = 1,
                        Spec = new ImageSpec { Image = request.Image.Image },
                    },
                }
                : new ImageStatusResponse()
        );

    private static string ImageIdOf(string name) => "sha256:" + Convert.ToHexStringLower(Hash(name));

    private static byte[] Hash(string name) =>
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name));

    private static bool Fits(string wanted, string value) => value.StartsWith(wanted, StringComparison.Ordinal);

    private static bool Has(IDictionary<string, string> labels, KeyValuePair<string, string> wanted) =>
        labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value;

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private T Locked<T>(Func<T> work)
    {
        lock (sync)
        {
            return work();
        }
    }

    private void Locked(Action work)
    {
        lock (sync)
        {
            work();
        }
    }

    private string NextId() => (++made).ToString("x64", CultureInfo.InvariantCulture);

    private void Tell(string id, ContainerEventType kind) => changed(id, kind);

    private List<string> ContainersOf(string sandboxId) =>
        [.. containers.Where(entry => entry.Value.SandboxId == sandboxId).Select(entry => entry.Key)];

    private void End(string id, int code)
    {
        if (containers.TryGetValue(id, out var entry) && entry.Status.State == ContainerState.ContainerRunning)
        {
            entry.Status.State = ContainerState.ContainerExited;
            (entry.Status.FinishedAt, entry.Status.ExitCode) = (Now(), code);
            entry.Status.Reason = code == 0 ? "Completed" : "Error";
            Tell(id, ContainerEventType.ContainerStoppedEvent);
        }
    }

    private void Forget(string id)
    {
        if (containers.Remove(id))
        {
            Tell(id, ContainerEventType.ContainerDeletedEvent);
        }
    }

    private PodSandboxStatus SandboxOf(string id) =>
        sandboxes.TryGetValue(id, out var sandbox)
            ? sandbox
            : throw new CriException(CriReason.NotFound, $"sandbox \"{id}\" not found");

    private (ContainerStatus Status, string SandboxId) ContainerOf(string id) =>
        containers.TryGetValue(id, out var entry)
            ? entry
            : throw new CriException(CriReason.NotFound, $"container \"{id}\" not found");
}
