using Holdfast.Cri;
using Holdfast.Cri.V1;

namespace Holdfast.Benchmarks.Floor;

/// <summary>
/// The floor: pods made straight on the runtime, with the client code that the daemon uses and nothing else on the way
/// (RunPodSandbox, CreateContainer, StartContainer). Thread-safe.
/// </summary>
internal sealed class RawPods(RuntimeEndpoint runtime, string logs)
{
    // Beside kubepods, where the daemon's pods go, and equally deep: the cost of a cgroup depends on it.
    private const string CgroupRoot = "/holdfast-bench";
    private const string CgroupParent = CgroupRoot + "/besteffort/pod";

    private int _count;

    public async Task<RawPod> StartAsync(CancellationToken ct)
    {
        var number = Interlocked.Increment(ref _count);
        var uid = Guid.NewGuid().ToString();
        var name = $"raw-{number}";
        var sandbox = Sandbox(name, uid);
        Directory.CreateDirectory(Path.Join(sandbox.LogDirectory, PodTemplate.Container));
        var id = (await runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = sandbox }, ct)).PodSandboxId;
        var created = await runtime.CreateContainerAsync(
            new CreateContainerRequest
            {
                PodSandboxId = id,
                SandboxConfig = sandbox,
                Config = Container(),
            },
            ct
        );
        await runtime.StartContainerAsync(new StartContainerRequest { ContainerId = created.ContainerId }, ct);
        return new RawPod(id, CgroupParent + uid);
    }

    public async Task StopAsync(RawPod pod, CancellationToken ct)
    {
        await runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = pod.SandboxId }, ct);
        await runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = pod.SandboxId }, ct);
        RemoveCgroup(pod.CgroupParent);
    }

    /// <summary>The cgroups that all pods of the floor shared.</summary>
    public static void RemoveCgroups()
    {
        RemoveCgroup(CgroupRoot + "/besteffort");
        RemoveCgroup(CgroupRoot);
    }

    /// <summary>Starts that many with a bound on how many at once.</summary>
    public async Task<IReadOnlyList<RawPod>> StartManyAsync(int count, int inFlight, CancellationToken ct)
    {
        var pods = new RawPod[count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = inFlight, CancellationToken = ct },
            async (i, token) => pods[i] = await StartAsync(token)
        );
        return pods;
    }

    public Task StopManyAsync(IEnumerable<RawPod> pods, CancellationToken ct) =>
        Parallel.ForEachAsync(
            pods,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct },
            async (pod, token) => await StopAsync(pod, token)
        );

    private PodSandboxConfig Sandbox(string name, string uid) =>
        new()
        {
            Metadata = new PodSandboxMetadata
            {
                Name = name,
                Namespace = PodTemplate.Namespace,
                Uid = uid,
            },
            Hostname = name,
            LogDirectory = Path.Join(logs, $"{PodTemplate.Namespace}_{name}_{uid}"),
            DnsConfig = new DNSConfig(),
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = CgroupParent + uid,
                SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = new NamespaceOption() },
            },
        };

    private static ContainerConfig Container()
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = PodTemplate.Container },
            Image = new ImageSpec { Image = PodTemplate.Image },
            LogPath = $"{PodTemplate.Container}/0.log",
            Linux = new LinuxContainerConfig
            {
                Resources = new LinuxContainerResources { CpuShares = 2 },
                SecurityContext = new LinuxContainerSecurityContext { NamespaceOptions = new NamespaceOption() },
            },
        };
        config.Command.Add(PodTemplate.Command);
        return config;
    }

    // Version 1 has one tree per controller, version 2 one tree.
    private static void RemoveCgroup(string path)
    {
        foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup"))
            RemoveEmpty(hierarchy + path);
        RemoveEmpty("/sys/fs/cgroup" + path);
    }

    private static void RemoveEmpty(string directory)
    {
        try
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory);
        }
        catch (IOException)
        {
            // A hierarchy that is mounted twice: already gone.
        }
    }
}

/// <summary>A pod of the floor.</summary>
internal sealed record RawPod(string SandboxId, string CgroupParent);
