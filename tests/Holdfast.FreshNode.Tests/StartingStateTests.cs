using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>
/// Whatever somebody did to the machine before: <c>up</c> makes it a node, a reboot changes nothing, <c>down</c> gives back
/// what was there.
/// </summary>
public sealed class StartingStateTests
{
    private const string Kubeconfig = "export KUBECONFIG=/etc/holdfast/admin.conf; ";

    /// <summary>As containerd.io, the package of Docker's own repository, ships it.</summary>
    private const string DockersConfig = """
        #   Copyright 2018-2022 Docker Inc.

        #   Licensed under the Apache License, Version 2.0 (the "License");

        disabled_plugins = ["cri"]

        #root = "/var/lib/containerd"
        #[grpc]
        #  address = "/run/containerd/containerd.sock"

        """;

    private const string HandEditedConfig = """
        # edge site 7: do not touch without asking Ana!
        version = 2

        [debug]
            level = "warn"      # was "info" until 2024

        [plugins."io.containerd.grpc.v1.cri"]
            max_container_log_line_size = 32768   # the meter reader writes long lines
            systemd_cgroup = false
        	sandbox_image = 'k8s.gcr.io/pause:3.6'

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tuned]
          runtime_type = "io.containerd.runc.v2"  # for the audio pods

        """;

    [Fact]
    public async Task Bare()
    {
        await using var node = await DebianNode.StartAsync();
        await MakeRebootAndUnmakeAsync(node, "");
    }

    [Fact]
    public async Task Docker_with_its_containerd()
    {
        await using var node = await DebianNode.StartAsync();
        await InstallAsync(node, "docker.io");
        await WriteAsync(node, "/etc/containerd/config.toml", DockersConfig);
        await node.RequireAsync("systemctl restart containerd; systemctl is-active containerd");
        await MakeRebootAndUnmakeAsync(node, "");
    }

    [Fact]
    public async Task Containerd_with_a_configuration_edited_by_hand()
    {
        await using var node = await DebianNode.StartAsync();
        await InstallAsync(node, "containerd");
        await WriteAsync(node, "/etc/containerd/config.toml", HandEditedConfig);
        await node.RequireAsync("systemctl restart containerd && systemctl is-active containerd");
        await MakeRebootAndUnmakeAsync(
            node,
            "",
            async () =>
            {
                var config = await node.RequireAsync("cat /etc/containerd/config.toml");
                Assert.StartsWith("# edge site 7: do not touch without asking Ana!\nversion = 2\n", config);
                Assert.Contains("    level = \"warn\"      # was \"info\" until 2024\n", config);
                Assert.Contains("32768   # the meter reader writes long lines\n", config);
                Assert.Contains("\tsandbox_image = ", config);
                Assert.Contains("  runtime_type = \"io.containerd.runc.v2\"  # for the audio pods\n", config);
            }
        );
    }

    [Fact]
    public async Task Older_document_of_Holdfast()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await WriteAsync(
            node,
            "/root/old.yaml",
            """
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            spec:
              host:
                hosts: [{ address: 192.168.44.140, names: [k8s-master] }]
                sysctl: { net.ipv4.ip_forward: 1, net.ipv4.tcp_keepalive_time: 600 }
              network: { bridge: { name: old0, subnet: 10.77.0.0/16 } }
              runtimes:
                - name: containerd
                  handlers: [{ name: runc, kind: runc }, { name: second, kind: runc }]

            """
        );
        await node.RequireAsync("./holdfast up -f /root/old.yaml");
        await node.RequireAsync("grep k8s-master /etc/hosts && ip -br link show old0");
        await WriteAsync(
            node,
            "/root/new.yaml",
            "apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec:\n  network: { bridge: { name: cni0 } }\n"
        );
        await MakeRebootAndUnmakeAsync(
            node,
            "-f /root/new.yaml",
            async () =>
            {
                await node.RequireAsync(
                    "! grep k8s-master /etc/hosts && grep 10.88.0.0 /etc/cni/net.d/10-holdfast.conflist"
                );
                await node.RequireAsync("! grep keepalive /etc/sysctl.d/99-zz-holdfast.conf");
                await node.RequireAsync("! grep second /etc/containerd/config.toml");
            },
            before
        );
    }

    [Fact]
    public async Task Half_of_an_apply_cut_short_by_a_crash()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        var killed = await node.RunAsync("HOLDFAST_FAULT=apply.after-do@9 ./holdfast up");
        Assert.Equal(137, killed.ExitCode);
        await MakeRebootAndUnmakeAsync(node, "", before: before);
    }

    [Fact]
    public async Task Drift_is_found_named_told_to_kubectl_and_mended()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        await node.RequireAsync(
            "echo '# a stranger was here' >>/etc/containerd/config.toml; sysctl -qw net.ipv4.ip_forward=0"
        );
        await node.RequireAsync("sed -i 's/holdfast.local.pause/elsewhere/' /etc/containerd/config.toml");
        var check = await node.RunAsync("holdfast check");
        Assert.Equal(2, check.ExitCode);
        Assert.Contains("suspect: /etc/containerd/config.toml was changed", check.StandardOutput);
        Assert.Contains("net.ipv4.ip_forward is 0", check.StandardOutput);

        // The daemon finds it by itself; every five minutes is too long for a test.
        await node.RequireAsync(
            "mkdir -p /run/systemd/system/holdfast.service.d && "
                + "printf '[Service]\nExecStart=\nExecStart=/usr/local/bin/holdfast agent --check-every 1\n' "
                + ">/run/systemd/system/holdfast.service.d/often.conf && systemctl daemon-reload && systemctl restart holdfast"
        );
        await node.WaitUntilAsync(
            Kubeconfig + $"kubectl wait --for=condition=holdfast.dev/drift node/{node.Name} --timeout=1s",
            TimeSpan.FromSeconds(60)
        );
        await node.RequireAsync("holdfast up --no-probe && holdfast check");
        await node.WaitUntilAsync(
            Kubeconfig
                + $"kubectl wait --for=condition=holdfast.dev/drift=false node/{node.Name} --timeout=1s && "
                + "kubectl get events -A | grep MachineAsDocumented",
            TimeSpan.FromSeconds(60)
        );
    }

    /// <param name="readBack">What this state in particular must look like when it has become a node.</param>
    /// <param name="before">What <c>down</c> must come back to; null: as the node is now.</param>
    private static async Task MakeRebootAndUnmakeAsync(
        DebianNode node,
        string arguments,
        Func<Task>? readBack = null,
        IReadOnlyList<string>? before = null
    )
    {
        before ??= await node.ReadStateAsync();
        var hadContainerd = (await node.RunAsync("test -d /var/lib/containerd")).Succeeded;
        await node.RequireAsync($"./holdfast up {arguments}");
        await ReadBackAsync(node);
        await (readBack?.Invoke() ?? Task.CompletedTask);
        Assert.Contains("Nothing to change", await node.RequireAsync($"holdfast up {arguments}"));

        await node.RebootAsync();
        await node.WaitUntilAsync(Kubeconfig + "kubectl get node | grep -w Ready", TimeSpan.FromSeconds(60));
        await node.RequireAsync("holdfast check && holdfast probe");
        await ReadBackAsync(node);

        await node.DownAsync();
        await node.AssertStateAsync(before, line => !hadContainerd || !IsItsOwn(line));
    }

    /// <summary>
    /// A containerd or Docker that was there before writes its databases, and the directories that its plugins make, at every
    /// start; but of what was put into it nothing stays.
    /// </summary>
    private static bool IsItsOwn(string line) =>
        (
            line.Contains(" ./var/lib/containerd/", StringComparison.Ordinal)
            || line.Contains(" ./var/lib/docker/", StringComparison.Ordinal)
        )
        && !line.Contains("/blobs/sha256/", StringComparison.Ordinal)
        && !line.Contains("/snapshots/", StringComparison.Ordinal);

    /// <summary>With the machine's own programs, as an operator would look.</summary>
    private static async Task ReadBackAsync(DebianNode node)
    {
        await node.RequireAsync(
            "test -z \"$(swapon --show --noheadings)\" && ! grep -E '^[^#].*\\sswap\\s' /etc/fstab"
        );
        await node.RequireAsync(
            "test \"$(sysctl -n net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables | sort -u)\" = 1"
        );
        var config = await node.RequireAsync("containerd config dump");
        Assert.Contains("sandbox_image = \"holdfast.local/pause:1\"", config);
        Assert.Contains("bin_dir = \"/usr/lib/cni\"", config);
        Assert.DoesNotContain("disabled_plugins = [\"cri\"]", config);
        await node.RequireAsync("ctr -n k8s.io images ls -q | grep -x holdfast.local/pause:1");
        await node.RequireAsync(Kubeconfig + $"kubectl get node {node.Name} --no-headers | grep -w Ready");
    }

    private static Task InstallAsync(DebianNode node, string package) =>
        node.RequireAsync($"apt-get install -y -q --no-install-recommends {package} >/dev/null 2>&1");

    private static Task WriteAsync(DebianNode node, string path, string content) =>
        File.WriteAllTextAsync(node.Root + path, content);
}
