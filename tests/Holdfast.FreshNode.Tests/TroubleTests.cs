using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.Linux;

namespace Holdfast.FreshNode.Tests;

/// <summary>What goes wrong is told clearly, with what to do, and nothing stays half done.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task Wrong_input_changes_nothing()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();

        var broken = await node.RunAsync(
            "printf 'apiVersion: holdfast.dev/v1\\nkind: EdgeNode\\nspec:\\n  hosts: 3\\n  runtimes: [{name: a b}]\\n' >/tmp/n.yaml; "
                + "./holdfast up -f /tmp/n.yaml"
        );
        AssertTold(broken, 65, "/tmp/n.yaml:4:", "/tmp/n.yaml:5:");
        AssertTold(await node.RunAsync("./holdfast up -f /tmp/missing.yaml"), 65, "cannot read /tmp/missing.yaml");
        AssertTold(await node.RunAsync("./holdfast up --fast"), 64, "--fast", "holdfast up --help");
        AssertTold(await node.RunAsync("./holdfast upp"), 64, "upp");
        AssertTold(await node.RunAsync("./holdfast undo --last"), 64, "--last");
        AssertTold(await node.RunAsync("./holdfast up --previous -f /tmp/n.yaml"), 64, "exclude each other");
        AssertTold(await node.RunAsync("./holdfast up --previous"), 1, "no other one was applied");
        AssertTold(await node.RunAsync("./holdfast agent --check-every 0"), 64, "--check-every is a number of seconds");
        AssertTold(await node.RunAsync("./holdfast plan -o xml"), 64, "xml");
        AssertTold(await node.RunAsync("./holdfast completion tcsh"), 64, "bash");

        var unprivileged = await node.RunAsync(
            "cp -r .build/bin/ /tmp/hf && cd /tmp/hf && setpriv --reuid=65534 --regid=65534 --clear-groups ./holdfast up"
        );
        AssertTold(unprivileged, 77, "root", "sudo");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task A_port_in_use_is_found_before_anything_is_changed()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await node.RequireAsync(
            "systemd-run --quiet --unit=squatter systemd-socket-activate -l 127.0.0.1:7443 /bin/cat; sleep 1"
        );
        AssertTold(await node.RunAsync("./holdfast up"), 1, "7443", "in use");
        await node.RequireAsync("systemctl stop squatter; systemctl reset-failed");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_taken_back()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await node.RequireAsync("mount -t tmpfs -o size=8m none /usr/local/lib");
        AssertTold(await node.RunAsync("./holdfast up"), 1, "space", "/usr/local/lib");
        await node.RequireAsync("test -z \"$(find /usr/local/lib -type f)\" && umount /usr/local/lib");
        await node.RequireAsync("./holdfast down --purge");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task A_containerd_that_refuses_its_configuration_gets_the_old_one_back()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("apt-get install -y -q --no-install-recommends containerd >/dev/null 2>&1");
        await node.RequireAsync("printf 'version = 2\\n[plugins\\n' >/etc/containerd/config.toml");
        var before = await node.ReadStateAsync();
        AssertTold(await node.RunAsync("./holdfast up"), 1, "/etc/containerd/config.toml");
        await node.RequireAsync("./holdfast down --purge");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task An_unreachable_registry_is_told_by_the_pod()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        await node.RequireAsync(
            "export KUBECONFIG=/etc/holdfast/admin.conf; kubectl run lost --image=registry.invalid/none:1 --restart=Never"
        );
        await node.WaitUntilAsync(
            "export KUBECONFIG=/etc/holdfast/admin.conf; kubectl get pod lost | grep -E 'ErrImagePull|ImagePullBackOff' "
                + "&& kubectl describe pod lost | grep -i 'registry.invalid'",
            TimeSpan.FromSeconds(60)
        );
        await node.RequireAsync("export KUBECONFIG=/etc/holdfast/admin.conf; kubectl delete pod lost --timeout=30s");
    }

    [Fact]
    public async Task Pods_are_never_left_behind_whatever_becomes_of_the_document()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await node.RequireAsync("./holdfast up --no-probe -f examples/two-runtimes.yaml");
        await node.RequireAsync("sed '/- name: second/,$d' examples/two-runtimes.yaml >/root/one.yaml");

        // A line that was lost by mistake destroys nothing.
        var plan = await node.RunAsync("holdfast plan -f /root/one.yaml");
        AssertTold(plan, 2, "remove second has", "its images, containers and their data", "up --remove");
        AssertTold(await node.RunAsync("holdfast up -f /root/one.yaml"), 1, "what would be destroyed", "--remove");
        await node.RequireAsync("holdfast plan");
        await node.RequireAsync(
            "export KUBECONFIG=/etc/holdfast/admin.conf; kubectl run held --image=holdfast.local/busybox:1 --restart=Never "
                + "--overrides='{\"spec\":{\"runtimeClassName\":\"second\"}}' --command -- sleep 1000 "
                + "&& kubectl wait pod/held --for=condition=Ready --timeout=60s"
        );

        AssertTold(
            await node.RunAsync("holdfast up -f /root/one.yaml"),
            1,
            "default/held (the runtime second is not in it)"
        );
        await node.RequireAsync(
            "sed 's/^spec:/metadata: { name: other }\\nspec:/' examples/two-runtimes.yaml >/root/other.yaml"
        );
        AssertTold(
            await node.RunAsync("holdfast up -f /root/other.yaml"),
            1,
            $"it belongs to the node {node.Name}, not other"
        );
        await node.RequireAsync(
            "mkdir -p /etc/kubeedge/config; { cat examples/two-runtimes.yaml; echo; echo '  cluster: { kubeedge: {} }'; } >/root/edge.yaml; "
                + "printf 'apiVersion: edgecore.config.kubeedge.io/v1alpha2\\nkind: EdgeCore\\n' >/etc/kubeedge/config/edgecore.yaml"
        );
        AssertTold(
            await node.RunAsync("holdfast up -f /root/edge.yaml"),
            1,
            "default/held (pods are edgecore's there)"
        );
        await node.RequireAsync("rm -r /etc/kubeedge; systemctl is-active holdfast");

        // Taking back needs no document and no index of a bundle, so broken ones are no obstacle.
        await node.RequireAsync(
            "echo 'not: [a document' >/etc/holdfast/node.yaml; echo x >/var/lib/holdfast/bundle.json"
        );
        AssertTold(await node.RunAsync("holdfast undo"), 1, "a pod of this node runs");
        await node.RequireAsync("systemctl is-active holdfast");
        Assert.Contains("1 pod removed", await node.DownAsync());
        Assert.Contains("not: [a document", await node.RequireAsync("cat /var/lib/holdfast/changes/kept/*"));
        await node.RequireAsync("rm -r /var/lib/holdfast");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task Pods_are_seen_when_their_runtime_is_down_and_the_document_is_gone()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        await node.RequireAsync(
            "export KUBECONFIG=/etc/holdfast/admin.conf; kubectl apply -f examples/hello.yaml "
                + "&& kubectl wait deployment/hello --for=condition=Available --timeout=60s"
        );
        await node.RequireAsync("systemctl stop containerd; pgrep containerd-shim");
        AssertTold(await node.RunAsync("holdfast undo"), 1, "containerd does not run", "process ", "holdfast down");
        await node.RequireAsync("pgrep containerd-shim && rm /etc/holdfast/node.yaml");
        AssertTold(await node.RunAsync("holdfast undo"), 1, "containerd does not run");
        Assert.Contains("1 pod removed", await node.DownAsync());
        await node.RequireAsync("! pgrep containerd-shim && ! test -e /var/lib/holdfast");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task What_undo_cannot_bring_back_is_told_and_is_a_failure()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("apt-get install -y -q --no-install-recommends containerd >/dev/null 2>&1");
        await node.RequireAsync("systemctl is-active containerd && ./holdfast up --no-probe");

        // containerd ran before; now its program is broken, so that undo cannot start it with its old configuration.
        await node.RequireAsync("mv /usr/bin/containerd /root/ && ln -s /bin/false /usr/bin/containerd");
        AssertTold(await node.RunAsync("cd / && holdfast undo"), 1, "failed ", "containerd", "not as before");
        await node.RequireAsync("! command -v holdfast");
    }

    [Fact]
    public async Task A_build_without_the_SDK_says_where_to_get_it()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("echo '// changed' >>src/Holdfast/Program.cs");
        AssertTold(await node.RunAsync("./holdfast version"), 69, ".NET SDK", "https://dotnet.microsoft.com");

        // The same content with another time is no change.
        await node.RequireAsync("sed -i '$d' src/Holdfast/Program.cs && ./holdfast version");
    }

    private static void AssertTold(ChildResult result, int exitCode, params string[] words)
    {
        var said = result.StandardOutput + result.StandardError;
        Assert.True(result.ExitCode == exitCode, $"exit code {result.ExitCode}, not {exitCode}:\n{said}");
        Assert.All(words, word => Assert.Contains(word, said));
        Assert.DoesNotContain("   at Holdfast", said);
    }
}
