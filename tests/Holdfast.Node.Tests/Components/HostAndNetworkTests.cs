using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Components;
using Holdfast.Node.Doctor;
using Holdfast.Node.Doctor.Checks;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Tests.Doctor;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Components;

public sealed class HostAndNetworkTests : IDisposable
{
    private static readonly EdgeNodeSpec Spec = new()
    {
        Name = "n",
        Runtimes = [],
        Host = new HostSpec
        {
            Hosts = [new HostEntry(IPAddress.Parse("192.168.44.140"), ["k8s-master"])],
            KernelModules = ["br_netfilter"],
            Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" },
        },
    };

    private static readonly MachineFacts Facts = new()
    {
        Architecture = "amd64",
        Cgroups = CgroupMode.V2,
        IsSystemd = true,
        CniPluginDirectory = MachineFacts.PackagedCniDirectory,
        HasApt = true,
        ContainerdVersion = "1.6.20",
    };

    private static readonly MachineSurvey Survey = TestSurvey.Usual with { Facts = Facts, HostName = "n" };

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    private static CniNetworkChange Network(BridgeSpec bridge) => new("cni0", CniComponent.Render(bridge));

    [Fact]
    public async Task Host_is_made_and_put_back()
    {
        node.Write("/etc/hosts", "127.0.0.1 localhost\n");
        node.Write("/etc/fstab", "/swap none swap sw 0 0\n");
        node.Write("/proc/swaps", "Filename Type Size Used Priority\n");
        node.Write("/proc/sys/net/ipv4/ip_forward", "0\n");
        node.Write("/sys/module/br_netfilter/x", "");
        var before = node.Snapshot();
        var planner = new Planner([new HostComponent()]);

        var plan = await planner.PlanAsync(Spec, Facts, node.Machine, TemporaryMachine.Never);
        Assert.All(plan.Steps, step => Assert.Equal("host", step.Group));
        using (var journal = await node.OpenJournalAsync())
        {
            await new Applier(NodeKinds.All, node.Machine, journal).ApplyAsync(plan, TemporaryMachine.Never);
        }

        Assert.Contains("br_netfilter\n", node.Read("/etc/modules-load.d/holdfast.conf"), StringComparison.Ordinal);
        Assert.Contains(
            "net.ipv4.ip_forward = 1\n",
            node.Read("/etc/sysctl.d/99-zz-holdfast.conf"),
            StringComparison.Ordinal
        );
        Assert.False((await planner.PlanAsync(Spec, Facts, node.Machine, TemporaryMachine.Never)).HasChanges);

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Change_that_the_document_no_longer_wants_is_a_leftover_of_the_plan()
    {
        node.Write("/etc/hosts", "");
        await node.ApplyAsync(HostsFile.Change(["1.2.3.4 x"]));
        var planner = new Planner([new HostComponent()]);
        var without = Spec with
        {
            Host = new HostSpec
            {
                Swap = SwapMode.Unchanged,
                KernelModules = [],
                Sysctl = new Dictionary<string, string>(),
            },
        };
        var plan = await planner.PlanAsync(without, Facts, node.Machine, TemporaryMachine.Never);
        Assert.Equal("hosts:/etc/hosts", Assert.Single(plan.Leftovers).Id);
        Assert.True(plan.HasChanges);
    }

    [Fact]
    public void Network_has_bridge_subnet_masquerading_and_port_maps()
    {
        var network = JsonNode.Parse(CniComponent.Render(new BridgeSpec()))!;
        var bridge = network["plugins"]![0]!;
        Assert.Equal("cni0", (string?)bridge["bridge"]);
        Assert.Equal("10.88.0.0/16", (string?)bridge["ipam"]!["ranges"]![0]![0]!["subnet"]);
        Assert.True((bool)bridge["ipMasq"]!);
        Assert.True((bool)bridge["isGateway"]!);
        Assert.Equal("portmap", (string?)network["plugins"]![1]!["type"]);
    }

    [Fact]
    public async Task Network_is_put_back_with_its_bridge_and_its_addresses()
    {
        node.Write("/etc/keep", "");
        node.Write("/sys/class/net/eth0/x", "");
        node.Write("/var/lib/keep", "");
        var before = node.Snapshot();
        await node.ApplyAsync(Network(new BridgeSpec()));
        node.Write("/var/lib/cni/networks/holdfast/10.88.0.2", "id");
        node.Write("/sys/class/net/cni0/x", "");
        node.Answer(
            "ip link delete cni0",
            effect: () => Directory.Delete(node.Machine.At("/sys/class/net/cni0"), recursive: true)
        );

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bookkeeping_of_addresses_goes_with_the_network_and_that_of_others_stays(bool hasOthers)
    {
        if (hasOthers)
        {
            node.Write("/var/lib/cni/networks/theirs/10.1.0.2", "id");
            node.Write("/var/lib/cni/results/theirs-1-eth0", "");
            node.Write("/var/lib/cni/results/cni-loopback-1-lo", "");
        }

        node.Write("/etc/keep", "");
        node.Write("/var/lib/keep", "");
        var before = node.Snapshot();
        await node.ApplyAsync(Network(new BridgeSpec()));
        node.Write("/var/lib/cni/networks/holdfast/10.88.0.2", "id");
        node.Write("/var/lib/cni/results/holdfast-2-eth0", "");
        if (!hasOthers)
        {
            node.Write("/var/lib/cni/results/cni-loopback-2-lo", "");
        }

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Pods_keep_their_addresses_when_only_a_later_change_of_the_network_is_taken_back()
    {
        await node.ApplyAsync(Network(new BridgeSpec()));
        node.Write("/var/lib/cni/networks/holdfast/10.88.0.2", "id");
        node.Write("/var/lib/cni/results/holdfast-2-eth0", "");
        var later = Network(new BridgeSpec { Masquerade = false });
        var plan = await node.PlanAsync(later);
        using var journal = await node.OpenJournalAsync();
        await new Applier(NodeKinds.All, node.Machine, journal).ApplyAsync(plan, TemporaryMachine.Never);
        await new Undoer(NodeKinds.All, node.Machine, journal).RollBackAsync(TemporaryMachine.Never);
        Assert.Contains("\"ipMasq\": true", node.Read(CniNetworkChange.FilePath), StringComparison.Ordinal);
        Assert.True(node.Machine.Exists("/var/lib/cni/networks/holdfast/10.88.0.2"));
        Assert.True(node.Machine.Exists("/var/lib/cni/results/holdfast-2-eth0"));
    }

    [Fact]
    public void Preflight_names_what_would_go_wrong_and_what_to_do()
    {
        var survey = Survey with
        {
            IsRoot = false,
            PortOwners = Ports("nginx (process 7)"),
            OtherAgents = ["kubelet", "dockerd"],
            MissingControllers = ["memory"],
            FreeDiskBytes = 500L << 20,
        };
        var findings = Preflight.Check(survey, Spec);
        Assert.Equal(4, findings.Count(finding => finding.Severity == PreflightSeverity.Error));
        Assert.Single(findings, finding => finding.Severity == PreflightSeverity.Warning);
        Assert.Single(findings, finding => finding.Severity == PreflightSeverity.Info);
        Assert.All(findings, finding => Assert.NotEmpty(finding.Remedy));
    }

    [Fact]
    public void Preflight_is_content_with_a_usual_machine_and_with_our_own_daemon()
    {
        Assert.Empty(Preflight.Check(Survey with { PortOwners = Ports("holdfast (process 9)") }, Spec));
    }

    private static Dictionary<int, string> Ports(string owner) => new() { [PortChecks.HubPort] = owner };

    [Theory]
    [InlineData(LinuxReason.Failed, "cannot run containerd: Exec format error")]
    [InlineData(LinuxReason.Denied, "cannot run containerd: permission denied; run it as root")]
    [InlineData(LinuxReason.TimedOut, "cannot run containerd --version: it did not end within 10 s and was killed")]
    public async Task Containerd_that_cannot_run_does_not_keep_facts_from_being_read(LinuxReason reason, string message)
    {
        node.Write("/proc/self/status", "CapBnd:\t000001fffeffffff\n");
        node.Write("/proc/self/mountinfo", "");
        node.Answer("containerd --version", _ => throw new LinuxException(reason, message));
        var facts = await MachineFacts.ReadAsync(node.Machine, TemporaryMachine.Never);
        Assert.Null(facts.ContainerdVersion);
        Assert.Equal(message, facts.ContainerdProblem);
    }

    [Fact]
    public async Task Facts_are_read_from_the_machine()
    {
        node.Write("/proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        node.Write("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
        node.Write("/proc/self/status", "Name:\tx\nCapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n");
        node.Write("/proc/sys/kernel/hostname", "edge-1\n");
        node.Write("/proc/sys/kernel/osrelease", "6.1.0-13\n");
        node.Write("/proc/meminfo", "MemTotal:       1024 kB\n");
        node.Write("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
        node.Write("/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        node.Write("/usr/lib/cni/bridge", "");
        node.Write("/etc/cni/net.d/05-other.conf", "{}");
        node.Write("/etc/cni/net.d/87-other.conflist", "{}");
        node.Write("/var/lib/x", "");
        node.Answer("containerd --version", "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1\n");

        var survey = await MachineSurvey.ReadAsync(node.Machine, TestFacts.Document(), TemporaryMachine.Never);
        var facts = survey.Facts;

        Assert.Equal("edge-1", survey.HostName);
        Assert.Equal("Debian GNU/Linux 12 (bookworm)", survey.System.Name);
        Assert.Equal(CgroupMode.V2, facts.Cgroups);
        Assert.Empty(survey.MissingControllers);
        Assert.False(facts.HasSysResource);
        Assert.Equal("1.6.20", facts.ContainerdVersion);
        Assert.Equal(["/dev/sda2"], survey.ActiveSwap);
        Assert.True(facts.HasCniPlugins);
        Assert.Equal("/usr/lib/cni", facts.CniPluginDirectory);
        Assert.Equal(["05-other.conf", "87-other.conflist"], survey.CniNetworks.Select(network => network.FileName));
        Assert.Equal(1024 * 1024, survey.MemoryBytes);
        Assert.Empty(facts.Unread);
        Assert.Empty(survey.Unread);
        Assert.False(facts.IsSystemd);
        Assert.Equal("debian without a number", facts.Release);
    }
}
