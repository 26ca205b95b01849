using System.Text.RegularExpressions;

namespace Holdfast.Node.Joining;

/// <summary>One error of a joining tool, and what to do about it.</summary>
/// <param name="Code">kubeadm's name of a preflight error, for example <c>Swap</c>; empty for any other error.</param>
internal sealed record JoinError(string Code, string Message, string Remedy)
{
    /// <summary>What it is, for an error that is not one of the preflight's.</summary>
    public JoinFailure Failure { get; init; }
}

/// <summary>From the output of kubeadm, yurtadm and keadm to the reason why they failed, and from the reason to a remedy.</summary>
internal static partial class JoinErrorHints
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
    ];

    /// <summary>
    /// What a failure is recognised by: from causes that name themselves to the words of the network, which stand in the
    /// messages of other failures too ("connection refused" in that of a kubelet that is not up, or of a name server).
    /// </summary>
    private static readonly (JoinFailure Failure, Regex Pattern)[] Patterns =
    [
        (JoinFailure.SudoMissing, SudoPattern()),
        (JoinFailure.TokenUnknown, TokenUnknownPattern()),
        (JoinFailure.TokenSecretWrong, TokenSecretPattern()),
        (JoinFailure.CaHashWrong, CaHashPattern()),
        (JoinFailure.NodeNameTaken, NodeNamePattern()),
        (JoinFailure.AgentNotUp, AgentPattern()),
        (JoinFailure.JoinedBefore, JoinedBeforePattern()),
        (JoinFailure.FlagUnknown, FlagPattern()),
        (JoinFailure.ClockWrong, ClockPattern()),
        (JoinFailure.NameNotResolved, NamePattern()),
        (JoinFailure.Refused, RefusedPattern()),
        (JoinFailure.NoRoute, NoRoutePattern()),
        (JoinFailure.NoAnswer, NoAnswerPattern()),
    ];

    /// <summary>What to do; empty where nothing is known.</summary>
    public static string RemedyOf(JoinFailure failure) =>
        failure switch
        {
            JoinFailure.TokenUnknown =>
                "the token has expired or is of another cluster: make a new one on the control plane, kubeadm token create or keadm gettoken",
            JoinFailure.TokenSecretWrong =>
                "the part of the token after the dot is not that of the cluster: copy the whole token again, or make a new one with kubeadm token create",
            JoinFailure.CaHashWrong =>
                "caCertHash is not that of this cluster: kubeadm token create --print-join-command shows the right one",
            JoinFailure.NodeNameTaken =>
                "the cluster has a node of this name: if it is this machine's own from an earlier join, kubectl delete node NAME; "
                    + "otherwise choose another metadata.name",
            JoinFailure.AgentNotUp => "the agent was started and does not answer: journalctl -u kubelet says why",
            JoinFailure.JoinedBefore =>
                "the machine joined before: keadm reset edge removes that, or move /etc/kubeedge aside",
            JoinFailure.SudoMissing => "keadm starts services with sudo, also as root: install the package sudo",
            JoinFailure.NameNotResolved =>
                "the name is not known here: add it to spec.host.hosts, or check the name server",
            JoinFailure.Refused =>
                "nothing listens at that address: check the endpoint, and that the control plane runs",
            JoinFailure.NoRoute => "the machine cannot reach that address: check the network and its firewalls",
            JoinFailure.NoAnswer =>
                "the other side did not answer in time: check the endpoint, the network and its firewalls",
            JoinFailure.ClockWrong => "check the clock of this machine",
            JoinFailure.FlagUnknown => "this version of the tool is not known to Holdfast: use another version",
            _ => "",
        };

    /// <summary>Every preflight error, or else the one error at which the tool stopped.</summary>
    public static IReadOnlyList<JoinError> Find(string output)
    {
        var errors = PreflightPattern()
            .Matches(output)
            .Select(match => (Code: match.Groups["code"].Value, Message: match.Groups["message"].Value.Trim()))
            .Distinct()
            .Select(error => new JoinError(error.Code, error.Message, RemedyOf(error.Code, error.Message)))
            .ToList();
        return errors.Count > 0 ? errors : [FindLast(output)];
    }

    /// <summary>One sentence for an exception's message.</summary>
    public static string Describe(string output) =>
        string.Join(
            "; ",
            Find(output).Select(error => error.Remedy.Length == 0 ? error.Message : $"{error.Message} ({error.Remedy})")
        );

    private static string RemedyOf(string code, string message)
    {
        // Since 1.35 the kubelet, and with it the preflight, refuses version 1 of control groups.
        if (code == "SystemVerification" && CgroupVersionPattern().IsMatch(message))
        {
            return "this Kubernetes wants version 2 of control groups: boot with systemd.unified_cgroup_hierarchy=1, or use "
                + "kubeadm and kubelet 1.34 or older";
        }
        return code == "SystemVerification"
            ? "the kernel lacks what the message names; see holdfast check"
            : ByCode.FirstOrDefault(known => code.StartsWith(known.Code, StringComparison.Ordinal)).Remedy ?? "";
    }

    private static JoinError FindLast(string output)
    {
        var lines = output
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("To see the stack trace", StringComparison.Ordinal))
            .ToArray();
        var last = lines.LastOrDefault(line => line.StartsWith("error", StringComparison.OrdinalIgnoreCase));
        // A warning on the way is not why the tool stopped: the whole output counts only when its last line tells nothing.
        var failure = FailureOf(last ?? lines.LastOrDefault() ?? "");
        failure = failure == JoinFailure.Unknown ? FailureOf(output) : failure;
        var message = ErrorPrefix().Replace(last ?? lines.LastOrDefault() ?? "it printed nothing", "");
        return new JoinError("", message, RemedyOf(failure)) { Failure = failure };
    }

    private static JoinFailure FailureOf(string text) =>
        Patterns.FirstOrDefault(known => known.Pattern.IsMatch(text)).Failure;

    private const RegexOptions Options =
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private const int Limit = 1000;

    [GeneratedRegex(@"\[ERROR (?<code>[^\]\s]+)\]:\s*(?<message>[^\n]+)", Options, Limit)]
    private static partial Regex PreflightPattern();

    [GeneratedRegex(@"^(error execution phase \S+: |error: )+", Options, Limit)]
    private static partial Regex ErrorPrefix();

    [GeneratedRegex(@"cgroups? v1|cgroups v2|FailCgroupV1", Options, Limit)]
    private static partial Regex CgroupVersionPattern();

    [GeneratedRegex(@"sudo: (command )?not found", Options, Limit)]
    private static partial Regex SudoPattern();

    [GeneratedRegex(
        @"could not find a JWS signature|is invalid for this cluster or it has expired|token.*expired|Unauthorized|token (are|is) invalid",
        Options,
        Limit
    )]
    private static partial Regex TokenUnknownPattern();

    [GeneratedRegex(@"failed to verify JWS signature", Options, Limit)]
    private static partial Regex TokenSecretPattern();

    [GeneratedRegex(@"none of the public keys .* are pinned|cluster CA found in .* is invalid", Options, Limit)]
    private static partial Regex CaHashPattern();

    [GeneratedRegex(
        @"a Node with name .* already exists|node already exists or internal error|node with name",
        Options,
        Limit
    )]
    private static partial Regex NodeNamePattern();

    [GeneratedRegex(
        @"waiting for the kubelet to start|127\.0\.0\.1:10248|kubelet is not healthy|kubelet is not running|timed out waiting for the condition",
        Options,
        Limit
    )]
    private static partial Regex AgentPattern();

    [GeneratedRegex(@"is already running on this node|/etc/kubeedge/? is not clean", Options, Limit)]
    private static partial Regex JoinedBeforePattern();

    [GeneratedRegex(@"unknown (shorthand )?flag", Options, Limit)]
    private static partial Regex FlagPattern();

    [GeneratedRegex(@"certificate has expired or is not yet valid", Options, Limit)]
    private static partial Regex ClockPattern();

    /// <summary>The message names the name server, whose own refusal comes last in it.</summary>
    [GeneratedRegex(@"no such host|\blookup \S+( on \S+)?: |server misbehaving|name resolution", Options, Limit)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"connection refused", Options, Limit)]
    private static partial Regex RefusedPattern();

    [GeneratedRegex(@"no route to host|network is unreachable", Options, Limit)]
    private static partial Regex NoRoutePattern();

    [GeneratedRegex(
        @"i/o timeout|context deadline exceeded|Client\.Timeout exceeded|connection timed out",
        Options,
        Limit
    )]
    private static partial Regex NoAnswerPattern();
}
