using System.Text.RegularExpressions;

namespace Holdfast.Node.Joining;

/// <summary>What a joining tool complained about, in words that say what to do. Immutable.</summary>
/// <param name="Code">The tool's own name of it, for example <c>Swap</c>; empty for what is no preflight error.</param>
internal sealed record JoinComplaint(string Code, string Words, string Remedy);

/// <summary>From the output of kubeadm, yurtadm and keadm to what a person can act on. Pure.</summary>
internal static partial class PreflightWords
{
    /// <summary>Beginning of a preflight error's code, and what it means. The first that fits counts.</summary>
    private static readonly (string Code, string Remedy)[] ByCode =
    [
        ("Swap", "set spec.host.swap: disabled in the node document, and look for what switches swap on again"),
        (
            "FileContent--proc-sys-net-bridge",
            "keep br_netfilter in spec.host.kernelModules and the net.bridge parameters in spec.host.sysctl"
        ),
        ("FileContent--proc-sys-net-ipv4-ip_forward", "keep net.ipv4.ip_forward: 1 in spec.host.sysctl"),
        ("Port-", "stop the program that listens there, or take away the rest of an earlier join: kubeadm reset"),
        ("FileAvailable--", "the machine was joined before: kubeadm reset -f takes that away"),
        (
            "DirAvailable--etc-kubernetes-manifests",
            "move the static pods in /etc/kubernetes/manifests away until the node has joined"
        ),
        ("DirAvailable--", "the machine was joined before: kubeadm reset -f takes that away"),
        (
            "CRI",
            "see that the runtime answers: holdfast probe; Docker's configuration that switches CRI off is repaired by holdfast up"
        ),
        ("NumCPU", "give the machine two processors; a control plane needs them"),
        ("Mem", "give the machine 1700 MB of memory; a control plane needs it"),
        ("ImagePull", "check the network and the mirrors of spec.runtimes, or choose a nearer imageRepository"),
        ("KubeletVersion", "install a kubelet that is not newer than the control plane"),
        ("KubernetesVersion", "install a kubeadm that is not older than the control plane"),
        ("FileExisting-", "install the program that is named (apt-get install conntrack iptables ethtool socat)"),
        ("IsPrivilegedUser", "run it as root"),
        ("SystemVerification", "the kernel lacks something that Kubernetes needs; see holdfast check"),
        ("Service-", "enable the service that is named"),
        ("Hostname", "give metadata.name a name that DNS or spec.host.hosts knows"),
    ];

    /// <summary>Words of what goes wrong after the preflight, and what they mean.</summary>
    private static readonly (string Words, string Remedy)[] ByWords =
    [
        (
            "could not find a JWS signature",
            "the token has expired or is of another cluster: kubeadm token create makes a new one"
        ),
        ("Unauthorized", "the token has expired or is of another cluster: make a new one"),
        (
            "are pinned",
            "caCertHash is not that of this cluster: kubeadm token create --print-join-command shows the right one"
        ),
        ("connection refused", "nothing listens at that address: check the endpoint, and that the control plane runs"),
        ("no route to host", "the machine cannot reach that address: check the network and its firewalls"),
        ("no such host", "the name is not known here: add it to spec.host.hosts"),
        ("i/o timeout", "the machine cannot reach that address: check the network and its firewalls"),
        (
            "context deadline exceeded",
            "the other side did not answer in time: check the endpoint, and that the control plane runs"
        ),
        ("timed out waiting for the condition", "the agent did not come up: journalctl -u kubelet says why"),
        ("certificate has expired or is not yet valid", "check the clock of this machine"),
        ("is already running on this node", "it has joined before: keadm reset takes that away"),
        (
            "is not clean",
            "the rest of an earlier join is in /etc/kubeedge: keadm reset takes it away, or move it aside"
        ),
        ("node with name", "another machine of the cluster has this name: choose another metadata.name"),
        ("unknown flag", "this version of the tool is not known to Holdfast: use another version"),
    ];

    /// <summary>Everything that the tool found wrong, all of it at once; its last words when it named nothing.</summary>
    public static IReadOnlyList<JoinComplaint> Find(string output)
    {
        var errors = ErrorPattern()
            .Matches(output)
            .Select(match => (Code: match.Groups["code"].Value, Words: match.Groups["words"].Value.Trim()))
            .Distinct()
            .Select(e => new JoinComplaint(e.Code, e.Words, RemedyOf(e.Code)))
            .ToList();
        return errors.Count > 0 ? errors : [LastWords(output)];
    }

    /// <summary>One sentence for an exception's message.</summary>
    public static string Describe(string output) =>
        string.Join("; ", Find(output).Select(c => c.Remedy.Length == 0 ? c.Words : $"{c.Words} ({c.Remedy})"));

    private static string RemedyOf(string code) =>
        ByCode.FirstOrDefault(known => code.StartsWith(known.Code, StringComparison.Ordinal)).Remedy ?? "";

    private static JoinComplaint LastWords(string output)
    {
        var lines = output
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("To see the stack trace", StringComparison.Ordinal))
            .ToArray();
        var line =
            lines.LastOrDefault(l => l.StartsWith("error", StringComparison.OrdinalIgnoreCase))
            ?? lines.LastOrDefault()
            ?? "it said nothing";
        var remedy = ByWords.FirstOrDefault(known => output.Contains(known.Words, StringComparison.OrdinalIgnoreCase));
        return new JoinComplaint("", ErrorPrefix().Replace(line, ""), remedy.Remedy ?? "");
    }

    [GeneratedRegex(
        @"\[ERROR (?<code>[^\]\s]+)\]:\s*(?<words>[^\n]+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ErrorPattern();

    [GeneratedRegex(
        @"^(error execution phase \S+: |error: |Error: )+",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ErrorPrefix();
}
