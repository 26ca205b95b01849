using Holdfast.Agent.Pods;
using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Agent.Volumes;

/// <summary>
/// Makes a pod's volumes on the node. Doing it again changes only what differs, so it serves as well to bring a changed
/// ConfigMap into a running pod and to mount again after a reboot. One call per pod at a time; thread-safe across pods.
/// </summary>
internal sealed class VolumeMounter(AgentOptions options, PayloadBuilder payloads, TimeProvider time)
{
    private const string Memory = "Memory";
    private const UnixFileMode AnybodyMode = (UnixFileMode)0x1FF; // 0777

    private readonly Lock gate = new();
    private HashSet<string>? mounted;

    /// <exception cref="AgentException">FailedMount: a volume cannot be made (yet).</exception>
    public MountedVolumes SetUp(Pod pod, IReadOnlyList<string> podIps)
    {
        if (pod.Spec.Volumes.Count == 0)
        {
            return MountedVolumes.None;
        }

        var paths = PodPaths.For(options.Paths, pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid);
        var group = (uint?)pod.Spec.SecurityContext?.FsGroup;
        try
        {
            return new MountedVolumes(
                pod.Spec.Volumes.ToDictionary(
                    v => v.Name,
                    v => SetUp(pod, v, paths, group, podIps),
                    StringComparer.Ordinal
                )
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw new AgentException(
                AgentReason.FailedMount,
                $"cannot mount the volumes of pod {pod.Metadata.Name}: {e.Message}",
                e
            );
        }
    }

    /// <summary>The pod's directory was unmounted and removed.</summary>
    public void Forget(string podDirectory)
    {
        lock (gate)
        {
            mounted?.RemoveWhere(m => m.StartsWith(podDirectory + "/", StringComparison.Ordinal));
        }
    }

    private MountedVolume SetUp(Pod pod, Volume volume, PodPaths paths, uint? group, IReadOnlyList<string> podIps)
    {
        switch (volume)
        {
            case { EmptyDir: { } source }:
                return EmptyDir(paths.Volume("empty-dir", volume.Name), source, group);
            case { HostPath: { } source }:
                HostPathCheck.Ensure(volume.Name, source);
                return new MountedVolume(source.Path, IsReadOnly: false);
            default:
                var files =
                    payloads.Build(pod, volume, podIps)
                    ?? throw new AgentException(
                        AgentReason.FailedMount,
                        $"cannot mount volume \"{volume.Name}\": its type is not known to this node; known are emptyDir, "
                            + "hostPath, configMap, secret, downwardAPI and projected"
                    );
                return Payload(volume, paths, files, group);
        }
    }

    private MountedVolume EmptyDir(string directory, EmptyDirVolumeSource source, uint? group)
    {
        var isNew = !Directory.Exists(directory);
        if (source.Medium == Memory)
        {
            Directory.CreateDirectory(directory);
            isNew = EnsureTmpfs(directory, AnybodyMode, source.SizeLimit?.Value);
        }

        // Opened when it is made, never again: what runs in the pod may have given it another owner or mode since.
        if (isNew && source.Medium == Memory)
        {
            Open(directory, group);
        }
        else if (isNew)
        {
            MakeOpened(directory, group);
        }

        return new MountedVolume(directory, IsReadOnly: false);
    }

    /// <summary>It appears under its name only when it is opened, so that a crash in between leaves none that is closed.</summary>
    private static void MakeOpened(string directory, uint? group)
    {
        var unfinished = directory + ".new";
        Directory.CreateDirectory(unfinished);
        Open(unfinished, group);
        Directory.Move(unfinished, directory);
    }

    /// <summary>Whatever user a container runs as, it may write here; files get the pod's group.</summary>
    private static void Open(string directory, uint? group)
    {
        if (group is { } gid)
        {
            FileOwner.Set(directory, new FileOwner(0, gid));
        }

        // After chown, which clears set-gid; and mkdir's mode is cut by the process's umask.
        File.SetUnixFileMode(directory, group is null ? AnybodyMode : AnybodyMode | UnixFileMode.SetGroup);
    }

    private MountedVolume Payload(Volume volume, PodPaths paths, IReadOnlyList<PayloadFile> files, uint? group)
    {
        var kind =
            volume.Secret is not null ? "secret"
            : volume.ConfigMap is not null ? "configmap"
            : volume.DownwardAPI is not null ? "downward-api"
            : "projected";
        var directory = paths.Volume(kind, volume.Name);
        Directory.CreateDirectory(directory);
        if (volume.Secret is not null || volume.Projected?.Sources.Any(s => s.Secret is not null) == true)
        {
            // A secret must never reach the disk.
            EnsureTmpfs(directory, AnybodyMode, sizeBytes: null);
        }

        PayloadDirectory.Write(directory, files, group, time.GetUtcNow());
        return new MountedVolume(directory, IsReadOnly: true);
    }

    /// <returns>Whether it was mounted just now.</returns>
    private bool EnsureTmpfs(string directory, UnixFileMode mode, long? sizeBytes)
    {
        lock (gate)
        {
            mounted ??= MountTable
                .Read()
                .Below(options.Paths.PodsDirectory)
                .Select(m => m.Target)
                .ToHashSet(StringComparer.Ordinal);
            if (!mounted.Add(directory))
            {
                return false;
            }

            MountTable.MountTmpfs(directory, mode, sizeBytes);
            return true;
        }
    }
}
