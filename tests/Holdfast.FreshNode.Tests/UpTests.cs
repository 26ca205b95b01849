using System.Text.RegularExpressions;
using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>The main promise: two commands on a machine that nobody has touched, and kubectl works.</summary>
public sealed partial class UpTests
{
    private const string Kubeconfig = "export KUBECONFIG=/etc/holdfast/admin.conf; ";

    [Theory]
    [InlineData(nameof(NodeKind.Systemd))]
    [InlineData(nameof(NodeKind.Bare))]
    public async Task Two_commands_make_a_fresh_machine_a_node(string kind)
    {
        await using var node = await DebianNode.StartAsync(Enum.Parse<NodeKind>(kind));
        var output = await node.RequireAsync("./holdfast up 2>&1");
        Assert.Contains($"The node {node.Name} is Ready", output);
        Assert.Matches(ProbeOk(), output);
        await node.RequireAsync(Kubeconfig + "kubectl get nodes | grep -w Ready");

        await node.RequireAsync(Kubeconfig + "kubectl apply -f examples/hello.yaml");
        await node.RequireAsync(Kubeconfig + "kubectl wait deployment/hello --for=condition=Available --timeout=60s");
        var pods = await node.RequireAsync(Kubeconfig + "kubectl get pod -o wide");
        Assert.Matches($@"hello-\S+ +1/1 +Running +0 .* 10\.88\.\d+\.\d+ +{node.Name} ", pods);

        await AssertServesAsync(node);
        Assert.Contains("hello", await node.RequireAsync("holdfast pods"));
        await node.RequireAsync("test $(ctr -n k8s.io containers ls -q | wc -l) -ge 2");

        await node.RequireAsync(Kubeconfig + "kubectl delete -f examples/hello.yaml --wait --timeout=60s");
        await node.WaitUntilAsync(
            "test -z \"$(ctr -n k8s.io containers ls -q)\" && test -z \"$(ls /var/lib/holdfast/pods)\" "
                + "&& test -z \"$(ls /sys/class/net | grep ^veth)\"",
            TimeSpan.FromSeconds(60)
        );
    }

    [Fact]
    public async Task Second_up_has_nothing_to_change_and_is_quick()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        var output = await node.RequireAsync("time -p holdfast up 2>&1");
        Assert.Contains("Nothing to change", output);
        var again = await node.RequireAsync("TIMEFORMAT=%R; { time holdfast up >/dev/null 2>&1; } 2>&1");
        Assert.InRange(double.Parse(again.Trim()), 0, 5);
        await node.RequireAsync("holdfast check");
    }

    [Fact]
    public async Task Pods_run_again_after_a_reboot_without_any_cloud()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        await node.RequireAsync(Kubeconfig + "kubectl apply -f examples/hello.yaml");
        await node.RequireAsync(Kubeconfig + "kubectl wait deployment/hello --for=condition=Available --timeout=60s");
        await node.RebootAsync();
        // Its process 1 ignores SIGTERM: left to systemd, it would have held the shutdown up for 90 seconds.
        Assert.Contains("stopping 1 pods", await node.RequireAsync("journalctl -u holdfast -b -1 -o cat"));
        await node.WaitUntilAsync(Kubeconfig + "kubectl get node | grep -w Ready", TimeSpan.FromSeconds(60));
        await node.WaitUntilAsync(
            Kubeconfig + "kubectl get pod --no-headers | grep -w Running | grep 1/1",
            TimeSpan.FromSeconds(60)
        );
        await AssertServesAsync(node);
    }

    private static Task AssertServesAsync(DebianNode node) =>
        node.WaitUntilAsync(
            Kubeconfig
                + "ip=$(kubectl get pod -o jsonpath='{.items[0].status.podIP}') && "
                + "exec 3<>/dev/tcp/$ip/8080 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3",
            TimeSpan.FromSeconds(20)
        );

    [GeneratedRegex(@"containerd +runc +ok +10\.88\.\d+\.\d+")]
    private static partial Regex ProbeOk();
}
