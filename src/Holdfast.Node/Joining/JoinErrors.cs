using System.Text.RegularExpressions;

namespace Holdfast.Node.Joining;

/// <summary>From the output of kubeadm, yurtadm and keadm to what went wrong, with a remedy.</summary>
internal static partial class JoinErrors
{
    /// <summary>How a preflight error's code begins, and the remedy. The first that fits counts.</summary>
    private static readonly (string Code, string Remedy)[] ByCode =
    [
        ("Swap", "set spec.host.swap: disabled in the node document, and look for what switches swap on again"),
        (
            "FileContent--proc-sys-net-bridge",
            "keep br_netfilter in spec.host.kernelModules and the net.bridge parameters in spec.host.sysctl"
        ),
        ("FileContent--proc-sys-net-ipv4-ip_forward", "keep net.ipv4.ip_forward: 1 in spec.host.sysctl"),
        ("Port-", "stop the program that listens there, or remove the rest of an earlier join: kubeadm reset"),
        ("FileAvailable--", "the machine joined before: kubeadm reset -f removes that"),
        (
            "DirAvailable--etc-kubernetes-manifests",
            "move the static pods in /etc/kubernetes/manifests away until the node has joined"
        ),
        ("DirAvailable--", "the machine joined before: kubeadm reset -f removes that"),
        ("CRI", "see that the runtime answers: holdfast probe"),
        ("ContainerRuntimeVersion", "see that the runtime answers: holdfast probe"),
        ("NumCPU", "give the machine two processors; a control plane needs them"),
        ("Mem", "give the machine 1700 MB of memory; a control plane needs it"),
        ("ImagePull", "check the network and the mirrors of spec.runtimes, or choose a nearer imageRepository"),
        ("KubeletVersion", "install a kubelet that is not newer than the control plane"),
        ("KubernetesVersion", "install a kubeadm that is not older than the control plane"),
        ("FileExisting-", "install the program that is named (apt-get install conntrack iptables ethtool socat)"),
        ("IsPrivilegedUser", "run it as root"),
        ("Service-", "enable the service that is named"),
        ("Hostname", "give metadata.name a name that DNS or spec.host.hosts knows"),
        ("SystemVerification", "the kernel lacks what the message names; see holdfast check"),
    ];

    /// <summary>Since 1.35 the kubelet, and with it the preflight, refuses version 1 of control groups.</summary>
    private static readonly JoinFailure OldCgroups = new(
        "this Kubernetes wants version 2 of control groups: boot with systemd.unified_cgroup_hierarchy=1, or use kubeadm and kubelet 1.34 or older",
        "cgroup v1",
        "cgroups v1",
        "cgroups v2",
        "FailCgroupV1"
    );

    /// <summary>Every preflight error, or else the one error at which the tool stopped, each with its remedy.</summary>
    /// <returns>For an exception's message.</returns>
    public static string Describe(string output)
    {
        var preflight = PreflightPattern()
            .Matches(output)
            .Select(match => (Message: match.Groups["message"].Value.Trim(), Code: match.Groups["code"].Value))
            .Distinct()
            .Select(error => With(error.Message, RemedyOf(error.Code, error.Message)))
            .ToList();
        return preflight.Count > 0 ? string.Join("; ", preflight) : DescribeLast(output);
    }

    private static string? RemedyOf(string code, string message) =>
        code == "SystemVerification" && OldCgroups.IsIn(message)
            ? OldCgroups.Remedy
            : ByCode.FirstOrDefault(known => code.StartsWith(known.Code, StringComparison.Ordinal)).Remedy;

    private static string DescribeLast(string output)
    {
        var lines = output
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("To see the stack trace", StringComparison.Ordinal))
            .ToArray();
        var last =
            lines.LastOrDefault(line => line.StartsWith("error", StringComparison.OrdinalIgnoreCase))
            ?? lines.LastOrDefault("it printed nothing");
        // A warning on the way is not why the tool stopped: the whole output counts only when its last line tells nothing.
        var failure = JoinFailure.Find(last) ?? JoinFailure.Find(output);
        return With(ErrorPrefix().Replace(last, ""), failure?.Remedy);
    }

    private static string With(string message, string? remedy) => remedy is null ? message : $"{message} ({remedy})";

    private const RegexOptions Options =
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    [GeneratedRegex(@"\[ERROR (?<code>[^\]\s]+)\]:\s*(?<message>[^\n]+)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PreflightPattern();

    [GeneratedRegex(@"^(error execution phase \S+: |error: )+", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ErrorPrefix();
}
