using Holdfast.Node.Joining;

namespace Holdfast.Node.Tests.Joining;

/// <summary>Messages as kubeadm 1.18 and 1.36 and keadm 1.23 print them.</summary>
public sealed class JoinErrorsTests
{
    private const string Identity =
        "[preflight] Running pre-flight checks\nerror: error execution phase preflight: couldn't validate the identity of the API Server: ";

    private const string Request =
        Identity
        + "failed to request the cluster-info ConfigMap: Get \"https://cp:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s\": ";

    private const string Trace = "\nTo see the stack trace of this error execute with --v=5 or higher";

    [Fact]
    public void Preflight_errors_are_all_told_with_what_to_do()
    {
        const string output = """
            [preflight] Running pre-flight checks
            	[WARNING SystemVerification]: this Docker version is not on the list of validated versions
            error execution phase preflight: [preflight] Some fatal errors occurred:
            	[ERROR Swap]: running with swap on is not supported. Please disable swap
            	[ERROR FileContent--proc-sys-net-bridge-bridge-nf-call-iptables]: /proc/sys/net/bridge/bridge-nf-call-iptables contents are not set to 1
            	[ERROR Port-10250]: Port 10250 is in use
            [preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`
            To see the stack trace of this error execute with --v=5 or higher
            """;
        var told = JoinErrors.Describe(output).Split("; ");
        Assert.Equal(
            "running with swap on is not supported. Please disable swap (set spec.host.swap: disabled in the node document, and look for what switches swap on again)",
            told[0]
        );
        Assert.StartsWith(
            "/proc/sys/net/bridge/bridge-nf-call-iptables contents are not set to 1 (keep br_netfilter",
            told[1]
        );
        Assert.StartsWith("Port 10250 is in use (stop the program that listens there", told[2]);
    }

    [Fact]
    public void Version_1_of_control_groups_is_named_as_what_the_preflight_refuses()
    {
        const string head =
            "error: error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR SystemVerification]: ";
        Assert.Contains(
            "version 2 of control groups",
            JoinErrors.Describe(
                head + "kubelet configured to not run on a host using cgroup v1; failing system verification\n"
            ),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "see holdfast check",
            JoinErrors.Describe(head + "missing required cgroups: memory\n"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        Request + "dial tcp 10.0.0.1:6443: connect: connection refused" + Trace,
        "nothing listens at that address"
    )]
    [InlineData(
        Request + "dial tcp: lookup nosuch.example on 127.0.0.1:53: no such host" + Trace,
        "the name is not known here"
    )]
    [InlineData(
        Request + "dial tcp: lookup nosuch.example on 127.0.0.1:53: read udp 127.0.0.1:53: connection refused" + Trace,
        "the name is not known here"
    )]
    [InlineData(Request + "dial tcp 10.0.0.1:6443: connect: no route to host" + Trace, "cannot reach that address")]
    [InlineData(Request + "dial tcp 10.0.0.1:6443: i/o timeout" + Trace, "did not answer in time")]
    [InlineData(
        Identity + "could not find a JWS signature in the cluster-info ConfigMap for token ID \"3zefbt\"" + Trace,
        "the token has expired"
    )]
    [InlineData(
        Identity
            + "failed to verify JWS signature of received cluster info object, can't trust this API Server"
            + Trace,
        "copy the whole token again"
    )]
    [InlineData(
        Identity
            + "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \"sha256:27\" are pinned"
            + Trace,
        "caCertHash is not that of this cluster"
    )]
    [InlineData(
        "error: error execution phase kubelet-start: a Node with name \"pt1\" and status \"Ready\" already exists in the cluster. "
            + "You must delete the existing Node or change the name of this new joining Node"
            + Trace,
        "kubectl delete node NAME"
    )]
    [InlineData(
        "[kubelet-check] The kubelet is not healthy after 4m0.000s\nerror: error execution phase kubelet-start: failed while waiting for "
            + "the kubelet to start: The HTTP call equal to 'curl -sSL http://127.0.0.1:10248/healthz' returned error: Get "
            + "\"http://127.0.0.1:10248/healthz\": dial tcp 127.0.0.1:10248: connect: connection refused"
            + Trace,
        "journalctl -u kubelet"
    )]
    [InlineData(
        "Error: edge node join failed: dial tcp 10.0.0.1:10000: connect: connection refused",
        "nothing listens"
    )]
    [InlineData(
        "bash: line 1: sudo: command not found\nError: dial tcp 10.0.0.1:10000: connect: connection refused",
        "nothing listens"
    )]
    [InlineData(
        "Error: bash: line 1: sudo: command not found, err: exit status 127 (connection refused before)",
        "install the package sudo"
    )]
    [InlineData(
        "Error: node already exists or internal error occurred, cannot register again",
        "kubectl delete node NAME"
    )]
    [InlineData("EdgeCore is already running on this node, please run reset to clean up first", "joined before")]
    [InlineData("something new", "something new")]
    public void The_reason_of_a_failure_is_found_and_the_remedy_belongs_to_it(string output, string remedy)
    {
        var told = JoinErrors.Describe(output);
        Assert.Contains(remedy, told, StringComparison.Ordinal);
        Assert.DoesNotContain("To see the stack trace", told, StringComparison.Ordinal);
        // One remedy at the most, at the end.
        Assert.True(remedy == output || told.EndsWith(')'), told);
    }

    [Fact]
    public void A_tool_that_printed_nothing_is_told_too() =>
        Assert.Equal("it printed nothing", JoinErrors.Describe(""));
}
