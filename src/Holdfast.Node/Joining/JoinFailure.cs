using System.IO.Enumeration;

namespace Holdfast.Node.Joining;

/// <summary>Why a joining tool failed, as far as its output tells.</summary>
/// <param name="Remedy">What to do about it.</param>
/// <param name="Phrases">What it is recognised by in a line of the output; <c>*</c> stands for anything.</param>
internal sealed record JoinFailure(string Remedy, params IReadOnlyList<string> Phrases)
{
    public static readonly JoinFailure SudoMissing = new(
        "keadm starts services with sudo, also as root: install the package sudo",
        "sudo: not found",
        "sudo: command not found"
    );

    public static readonly JoinFailure TokenUnknown = new(
        "the token has expired or is of another cluster: make a new one on the control plane, kubeadm token create or keadm gettoken",
        "could not find a JWS signature",
        "is invalid for this cluster or it has expired",
        "token*expired",
        "Unauthorized",
        "token are invalid",
        "token is invalid"
    );

    public static readonly JoinFailure NameNotResolved = new(
        "the name is not known here: add it to spec.host.hosts, or check the name server",
        "no such host",
        // The message names the name server, whose own refusal comes last in it.
        " lookup *: ",
        "server misbehaving",
        "name resolution"
    );

    public static readonly JoinFailure Refused = new(
        "nothing listens at that address: check the endpoint, and that the control plane runs",
        "connection refused"
    );

    public static readonly JoinFailure NoRoute = new(
        "the machine cannot reach that address: check the network and its firewalls",
        "no route to host",
        "network is unreachable"
    );

    public static readonly JoinFailure NoAnswer = new(
        "the other side did not answer in time: check the endpoint, the network and its firewalls",
        "i/o timeout",
        "context deadline exceeded",
        "Client.Timeout exceeded",
        "connection timed out"
    );

    /// <summary>
    /// From causes that name themselves to those of the network, which stand in the messages of other failures too ("connection
    /// refused" in that of a kubelet that is not up, or of a name server).
    /// </summary>
    private static readonly JoinFailure[] Known =
    [
        SudoMissing,
        TokenUnknown,
        new(
            "the part of the token after the dot is not that of the cluster: copy the whole token again, or make a new one with kubeadm token create",
            "failed to verify JWS signature"
        ),
        new(
            "caCertHash is not that of this cluster: kubeadm token create --print-join-command shows the right one",
            "none of the public keys * are pinned",
            "cluster CA found in * is invalid"
        ),
        new(
            "the cluster has a node of this name: if it is this machine's own from an earlier join, kubectl delete node NAME; otherwise choose another metadata.name",
            "a Node with name * already exists",
            "node already exists or internal error",
            "node with name"
        ),
        new(
            "the agent was started and does not answer: journalctl -u kubelet says why",
            "waiting for the kubelet to start",
            "127.0.0.1:10248",
            "kubelet is not healthy",
            "kubelet is not running",
            "timed out waiting for the condition"
        ),
        new(
            "the machine joined before: keadm reset edge removes that, or move /etc/kubeedge aside",
            "is already running on this node",
            "/etc/kubeedge is not clean",
            "/etc/kubeedge/ is not clean"
        ),
        new(
            "this version of the tool is not known to Holdfast: use another version",
            "unknown flag",
            "unknown shorthand flag"
        ),
        new("check the clock of this machine", "certificate has expired or is not yet valid"),
        NameNotResolved,
        Refused,
        NoRoute,
        NoAnswer,
    ];

    /// <summary>Null when nothing is known of such an output.</summary>
    public static JoinFailure? Find(string output) => Known.FirstOrDefault(failure => failure.IsIn(output));

    public bool IsIn(string output) =>
        output
            .Split('\n')
            .Any(line =>
                Phrases.Any(phrase => FileSystemName.MatchesSimpleExpression($"*{phrase}*", line, ignoreCase: true))
            );
}
