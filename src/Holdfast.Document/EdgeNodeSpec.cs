using System.Net;

namespace Holdfast.Document;

/// <summary>
/// What one machine should be: the validated form of a node document, with every default filled in. Made by
/// <see cref="NodeDocument"/>, so that it needs no further check.
/// </summary>
public sealed record EdgeNodeSpec
{
    /// <summary>The node's name, a DNS-1123 subdomain; the host's name unless the document says otherwise.</summary>
    public required string Name { get; init; }

    /// <summary>Labels that the Node object carries beside the well-known ones.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The label by which Kata's own RuntimeClasses find nodes that have Kata.</summary>
    public const string KataLabel = "katacontainers.io/kata-runtime";

    /// <summary>What the Node object is really labelled with: <see cref="Labels"/>, and where Kata is, its label.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels =>
        Handlers.Any(h => h.Kind == HandlerKind.Kata)
            ? new SortedDictionary<string, string>(Labels.ToDictionary(), StringComparer.Ordinal)
            {
                [KataLabel] = "true",
            }
            : Labels;

    public HostSpec Host { get; init; } = new();
    public NetworkSpec Network { get; init; } = new();

    /// <summary>At least one; the first is the node's default runtime. Names, sockets and handler names are unique.</summary>
    public required IReadOnlyList<RuntimeSpec> Runtimes { get; init; }

    /// <summary>The handlers of all runtimes.</summary>
    public IEnumerable<HandlerSpec> Handlers => Runtimes.SelectMany(runtime => runtime.Handlers);

    public bool HasVirtualMachines => Handlers.Any(handler => handler.IsVirtualMachine);

    public UntrustedSpec Untrusted { get; init; } = new();
    public ClusterSpec Cluster { get; init; } = ClusterSpec.Standalone;
}

/// <summary>The host below the runtimes.</summary>
public sealed record HostSpec
{
    public SwapMode Swap { get; init; } = SwapMode.Disabled;

    /// <summary>Lines that /etc/hosts has to have.</summary>
    public IReadOnlyList<HostEntry> Hosts { get; init; } = [];

    /// <summary>Kernel modules that are loaded now and after a reboot.</summary>
    public IReadOnlyList<string> KernelModules { get; init; } = ["br_netfilter", "overlay"];

    /// <summary>Kernel parameters by name, dots or slashes as written, values as text.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } =
        new Dictionary<string, string>
        {
            ["net.bridge.bridge-nf-call-iptables"] = "1",
            ["net.bridge.bridge-nf-call-ip6tables"] = "1",
            ["net.ipv4.ip_forward"] = "1",
        };
}

/// <summary>One line of /etc/hosts.</summary>
/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="Names">At least one host name.</param>
public sealed record HostEntry(IPAddress Address, IReadOnlyList<string> Names);

/// <summary>What becomes of swap space.</summary>
public enum SwapMode
{
    /// <summary>Off now and after a reboot.</summary>
    Disabled,

    /// <summary>Left as it is.</summary>
    Unchanged,
}

/// <summary>The pods' network.</summary>
public sealed record NetworkSpec
{
    public BridgeSpec Bridge { get; init; } = new();

    /// <summary>Where the CNI plugins come from.</summary>
    public InstallSpec Plugins { get; init; } = new InstallSpec.Apt();
}

/// <summary>The bridge that pods hang on.</summary>
public sealed record BridgeSpec
{
    /// <summary>Interface name, at most 15 bytes (IFNAMSIZ less its NUL).</summary>
    public string Name { get; init; } = "cni0";

    /// <summary>What <see cref="Subnet"/> is where nothing speaks against it.</summary>
    public static IPNetwork UsualSubnet { get; } = new(new IPAddress([10, 88, 0, 0]), 16);

    /// <summary>IPv4 network that pod addresses come from; no host bits set.</summary>
    public IPNetwork Subnet { get; init; } = UsualSubnet;

    /// <summary>Whether the document names the subnet; otherwise another one may be chosen, see <c>PodSubnets</c>.</summary>
    public bool IsSubnetNamed { get; init; }

    /// <summary>The node's own address on the bridge; null is the first of the subnet.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Whether pods reach other machines under the node's address.</summary>
    public bool Masquerade { get; init; } = true;

    /// <summary>The node's own address on the bridge.</summary>
    public IPAddress EffectiveGateway => Gateway ?? Ipv4.Add(Subnet.BaseAddress, 1);
}

/// <summary>Where pods go that carry <c>io.kubernetes.cri.untrusted-workload: "true"</c>.</summary>
public sealed record UntrustedSpec
{
    /// <summary>The name that containerd has built in for the handler of such pods.</summary>
    public const string WellKnownHandler = "untrusted";

    /// <summary>A handler of one of the runtimes, or null when untrusted pods are not wanted here.</summary>
    public string? Handler { get; init; }
}
