using Holdfast.Linux;

namespace Holdfast.Agent;

/// <summary>How the node's cgroups are named. Must be the same in the runtime's configuration.</summary>
public enum CgroupDriver
{
    Cgroupfs,
    Systemd,
}

/// <summary>What one agent is told about its node. Immutable, safe from any thread.</summary>
public sealed record AgentOptions
{
    /// <summary>Name of the Node object; pods whose <c>spec.nodeName</c> is this name are run here.</summary>
    public required string NodeName { get; init; }

    public required NodePaths Paths { get; init; }

    /// <summary>Labels from the node document, put on the Node object beside Kubernetes' own.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } = new Dictionary<string, string>();

    public CgroupDriver CgroupDriver { get; init; } = CgroupDriver.Cgroupfs;

    /// <summary>Handler for pods annotated as untrusted that name no RuntimeClass; null means the default handler.</summary>
    public string? UntrustedHandler { get; init; }

    /// <summary>
    /// Pods that one runtime may be starting at the same moment. Measured: more gains nothing on small machines, since
    /// runc and the CNI plugins then only compete for the processor.
    /// </summary>
    public int MaxStartsInFlight { get; init; } = 8;

    /// <summary>Address shown as hostIP and as the node's InternalIP; null means the source address of the default route.</summary>
    public string? NodeAddress { get; init; }

    /// <summary>Where the node's name servers are read from for pods with dnsPolicy Default.</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>The node's own hosts file, copied into pods with hostNetwork.</summary>
    public string HostsFile { get; init; } = "/etc/hosts";

    /// <summary>Where control groups are mounted.</summary>
    public string CgroupRoot { get; init; } = "/sys/fs/cgroup";

    /// <summary>The safety net behind the event streams: how often everything is listed although nothing was reported.</summary>
    public TimeSpan RelistInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Looks whether the machine is still as its document says; null where nobody asks.</summary>
    public Func<CancellationToken, Task<NodeStatus.NodeDrift>>? FindDrift { get; init; }

    /// <summary>How often. One look takes about 0.3 s of processor time: 0.1 % of a core.</summary>
    public TimeSpan DriftInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Pods this node takes at most; the kubelet's default.</summary>
    public int MaxPods { get; init; } = 110;
}
