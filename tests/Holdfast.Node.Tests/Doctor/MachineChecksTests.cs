using Holdfast.Linux;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

/// <summary>Platform, kernel, control groups, capabilities, room, clock, ports and other agents.</summary>
public sealed class MachineChecksTests
{
    private const string Kata =
        "{ runtimes: [{ name: containerd, handlers: [{ name: runc }, { name: kata, runtimeType: io.containerd.kata.v2 }] }] }";

    [Fact]
    public void Usual_machine_has_no_findings() => Assert.Empty(TestFacts.Usual.Check());

    [Fact]
    public void Check_that_fails_is_a_finding_and_names_its_subject()
    {
        var check = new MachineCheck("moon", (_, _) => Fail());
        var finding = Assert.Single(Preflight.Run(check, TestSurvey.Usual, TestFacts.Document()));
        Assert.Equal("check-failed", finding.Id);
        Assert.StartsWith("the check \"moon\" failed: no moon", finding.What, StringComparison.Ordinal);
        static PreflightFinding? Fail() => throw new InvalidOperationException("no moon");
    }

    [Fact]
    public void Containerd_that_does_not_run_is_an_error_unless_another_takes_its_place()
    {
        var facts = TestFacts.Usual with
        {
            ContainerdVersion = null,
            ContainerdProgram = "/usr/local/bin/containerd",
            ContainerdProblem = "cannot run containerd: Exec format error",
        };
        var finding = Assert.Single(facts.Check(), f => f.Severity == PreflightSeverity.Error);
        Assert.Equal("runtime-broken", finding.Id);
        Assert.Contains("/usr/local/bin/containerd", finding.What, StringComparison.Ordinal);
        Assert.Contains("Exec format error", finding.What, StringComparison.Ordinal);
        Assert.DoesNotContain(
            facts.Check(
                $"{{ runtimes: [{{ name: containerd, install: {{ archive: {{ url: \"https://a/b.tgz\", sha256: \"{new string('0', 64)}\" }} }} }}] }}"
            ),
            f => f.Id == "runtime-broken"
        );
    }

    [Theory]
    [InlineData(CgroupMode.V1, "{ cluster: { kubernetes: {} } }", true)]
    [InlineData(CgroupMode.Hybrid, "{ cluster: { kubernetes: {} } }", true)]
    [InlineData(CgroupMode.V2, "{ cluster: { kubernetes: {} } }", false)]
    [InlineData(CgroupMode.Hybrid, "{}", false)]
    public void Old_cgroups_are_told_before_kubeadm_refuses_them(CgroupMode mode, string spec, bool isFound) =>
        Assert.Equal(isFound, (TestFacts.Usual with { Cgroups = mode }).Check(spec).Any(f => f.Id == "cgroup-version"));

    [Fact]
    public void Every_finding_has_a_name_of_the_list_and_a_remedy()
    {
        var names = Preflight.Ids.ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
        var poor = TestSurvey.Usual with
        {
            Facts = TestFacts.Usual with
            {
                Architecture = "riscv64",
                IsSystemd = false,
                CapabilityBounds = new Capabilities(0),
                HasCniPlugins = false,
                HasApt = false,
                ContainerdVersion = null,
                Unread = [new UnreadFact("swap", "permission denied")],
            },
            IsRoot = false,
            MissingControllers = ["memory"],
            FreeDiskBytes = 1,
            MemoryBytes = 1,
            Unread = [new UnreadFact("ports", "permission denied")],
        };
        Assert.All(
            poor.Check(),
            finding =>
            {
                Assert.Contains(finding.Id, names);
                Assert.NotEmpty(finding.What);
                Assert.NotEmpty(finding.Remedy);
            }
        );
    }

    [Theory]
    [InlineData("4.9.0-8-amd64", true)]
    [InlineData("4.19.0", false)]
    [InlineData("6.1", false)]
    [InlineData("nonsense", false)]
    public void Old_kernel_is_named(string release, bool isOld)
    {
        var findings = (TestSurvey.Usual with { KernelRelease = release }).Check();
        Assert.Equal(isOld, findings.Any(finding => finding.Id == "old-kernel"));
    }

    [Fact]
    public void Missing_option_of_the_kernel_is_an_error_only_when_no_container_runs_without_it()
    {
        var all = KernelOption.All.Select(option => option.Name).ToHashSet();
        Assert.Empty((TestSurvey.Usual with { Kernel = new KernelFacts("/proc/config.gz", all, true) }).Check());

        all.ExceptWith(["VETH", "CFS_BANDWIDTH", "CGROUP_DEVICE", "KVM"]);
        var findings = (TestSurvey.Usual with { Kernel = new KernelFacts("/proc/config.gz", all, true) }).Check();

        // Device rules are BPF's with version 2, and nobody here wants virtual machines.
        Assert.Equal(2, findings.Count);
        Assert.Contains(findings, f => f.Severity == PreflightSeverity.Error && f.What.Contains("CONFIG_VETH"));
        Assert.Contains(
            findings,
            f => f.Severity == PreflightSeverity.Warning && f.What.Contains("CONFIG_CFS_BANDWIDTH")
        );
    }

    [Fact]
    public void Hybrid_control_groups_are_a_warning_only_for_who_wants_systemds_driver()
    {
        var hybrid = TestFacts.Usual with { Cgroups = CgroupMode.Hybrid };
        Assert.Equal(PreflightSeverity.Info, hybrid.CheckOne().Severity);
        Assert.Equal(
            PreflightSeverity.Warning,
            hybrid.CheckOne("{ runtimes: [{ name: containerd, cgroupDriver: systemd }] }").Severity
        );
    }

    [Fact]
    public void Machine_that_may_not_mount_or_make_networks_is_refused()
    {
        var bounds = ulong.MaxValue & ~(1UL << (int)Capability.SysAdmin) & ~(1UL << (int)Capability.NetAdmin);
        var findings = (TestFacts.Usual with { CapabilityBounds = new Capabilities(bounds) }).Check();
        Assert.Equal(2, findings.Count(f => f is { Id: "no-capability", Severity: PreflightSeverity.Error }));
    }

    [Fact]
    public void Inodes_and_file_system_are_looked_at_like_bytes()
    {
        Assert.Equal("low-inodes", (TestSurvey.Usual with { FreeInodes = 10_000 }).CheckOne().Id);
        Assert.Empty((TestSurvey.Usual with { FreeInodes = null }).Check());
        Assert.Equal("file-system", (TestSurvey.Usual with { FileSystem = "overlay" }).CheckOne().Id);
        Assert.Empty(
            (TestSurvey.Usual with { FileSystem = "overlay" }).Check(
                "{ runtimes: [{ name: containerd, snapshotter: native }] }"
            )
        );
    }

    [Fact]
    public void Clock_that_was_never_set_is_an_error_and_one_that_nobody_keeps_a_hint()
    {
        var clock = TestSurvey.Usual.Clock!;
        var never = TestSurvey.Usual with { Clock = clock with { Now = DateTimeOffset.UnixEpoch } };
        Assert.Equal(("clock-never-set", PreflightSeverity.Error), Brief(never.CheckOne()));

        var alone = TestSurvey.Usual with { Clock = clock with { IsSynchronised = false, Keeper = null } };
        Assert.Equal(("clock-not-kept", PreflightSeverity.Info), Brief(alone.CheckOne()));
        Assert.Equal(
            ("clock-not-kept", PreflightSeverity.Warning),
            Brief(Assert.Single(alone.Check("{ cluster: { kubernetes: {} } }"), f => f.Id == "clock-not-kept"))
        );

        var soon = TestSurvey.Usual with { Clock = clock with { IsSynchronised = false } };
        Assert.Equal("clock-not-yet-synchronised", soon.CheckOne().Id);
    }

    [Fact]
    public void Port_is_looked_at_when_the_node_needs_it()
    {
        var facts = TestSurvey.Usual with
        {
            PortOwners = new Dictionary<int, string> { [10250] = "nginx (process 7)", [7443] = "holdfast (process 8)" },
        };
        Assert.Empty(facts.Check());
        var finding = Assert.Single(facts.Check("{ cluster: { kubernetes: {} } }"), f => f.Id == "port-in-use");
        Assert.Contains("10250", finding.What, StringComparison.Ordinal);
        Assert.Contains("nginx (process 7)", finding.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Agent_is_a_stranger_unless_the_cluster_is_its_own()
    {
        var facts = TestSurvey.Usual with { OtherAgents = ["kubelet"] };
        Assert.Equal(("other-agent", PreflightSeverity.Error), Brief(facts.CheckOne()));
        Assert.DoesNotContain(facts.Check("{ cluster: { kubernetes: {} } }"), f => f.Id == "other-agent");

        var asleep = TestSurvey.Usual with { AgentsAtBoot = ["edgecore"] };
        Assert.Equal(("other-agent-at-boot", PreflightSeverity.Warning), Brief(asleep.CheckOne()));
        Assert.Empty((facts with { StartedAgents = ["kubelet"] }).Check());
        Assert.Empty((asleep with { StartedAgents = ["edgecore"] }).Check());
    }

    [Theory]
    [InlineData("{ kubernetes: {} }", true)]
    [InlineData("{ openyurt: {} }", false)]
    [InlineData("{ kubeedge: {} }", false)]
    [InlineData("{ standalone: {} }", false)]
    public void The_kubelet_of_a_node_of_OpenYurt_keeps_what_it_talks_through(string cluster, bool isRefused)
    {
        var facts = TestSurvey.Usual with { StartedAgents = ["kubelet", "yurthub"] };
        Assert.Equal(
            isRefused,
            facts.Check($"{{ cluster: {cluster} }}").Any(finding => finding.Id == "joined-otherwise")
        );
    }

    [Theory]
    [InlineData("kubelet", "kubelet")]
    [InlineData("edgecore", "edgecore")]
    [InlineData("yurthub", "yurthub")]
    [InlineData("k3s", "k3s-server")]
    [InlineData("k3s-agent", "k3s-agent")]
    [InlineData("rke2-server", "rke2")]
    [InlineData("rke2-agent", "rke2")]
    [InlineData("k0scontroller", "k0s")]
    [InlineData("k0sworker", "k0s")]
    [InlineData("snap.microk8s.daemon-kubelite", "kubelite")]
    [InlineData("libvirtd", "libvirtd")]
    [InlineData("virtqemud", "virtqemud")]
    public void An_agent_is_found_while_it_runs_and_while_it_waits_for_the_next_boot(string service, string process)
    {
        using var node = new TemporaryMachine();
        var wants = node.Machine.At("/etc/systemd/system/multi-user.target.wants");
        Directory.CreateDirectory(wants);
        File.CreateSymbolicLink(Path.Join(wants, $"{service}.service"), $"/lib/systemd/system/{service}.service");
        Assert.Equal([service], NodeAgents.ListAtBoot(node.Machine, new HashSet<string>()));

        // What runs is told as that, and not that it does not run, whatever its process is called.
        var running = new HashSet<string> { "init", process };
        Assert.Empty(NodeAgents.ListAtBoot(node.Machine, running));
        Assert.Equal([process], NodeAgents.AmongProcesses(running));
    }

    [Fact]
    public void Libvirt_matters_only_beside_a_runtime_of_virtual_machines()
    {
        var facts = TestSurvey.Usual with { OtherAgents = ["libvirtd"], Virtualization = Able };
        Assert.Empty(facts.Check());
        Assert.Equal(("libvirt", PreflightSeverity.Warning), Brief(facts.CheckOne(Kata)));
    }

    [Fact]
    public void Kvm_matters_only_where_a_handler_makes_virtual_machines()
    {
        var facts = TestSurvey.Usual with { Virtualization = new VirtualizationFacts { Kvm = KvmAnswer.Absent } };
        Assert.Empty(facts.Check());
        Assert.Contains(facts.Check(Kata), f => f.Id == "kvm" && f.What.Contains("there is no /dev/kvm"));
        Assert.Empty((TestSurvey.Usual with { Virtualization = Able }).Check(Kata));
    }

    [Theory]
    [InlineData(KvmAnswer.Busy, "VirtualBox")]
    [InlineData(KvmAnswer.Denied, "may not be opened")]
    [InlineData(KvmAnswer.Failed, "KVM_CREATE_VM")]
    public void Answer_of_the_kernel_is_explained(KvmAnswer answer, string word)
    {
        var facts = TestSurvey.Usual with { Virtualization = Able with { Kvm = answer } };
        Assert.Contains(word, facts.CheckOne(Kata).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Virtual_machine_is_told_to_ask_for_nested_virtualization()
    {
        var guest = Able with
        {
            Kvm = KvmAnswer.Absent,
            CpuFlags = new HashSet<string> { "lm", "sse4_1", "hypervisor" },
        };
        var findings = (TestSurvey.Usual with { Virtualization = guest }).Check(Kata);
        Assert.Contains(findings, f => f.Id == "cpu-flags" && f.What.Contains("vmx"));
        Assert.All(findings, f => Assert.Contains("nested virtualization", f.Remedy, StringComparison.Ordinal));
    }

    [Fact]
    public void Modules_of_virtual_machines_are_named_unless_the_document_loads_them()
    {
        var facts = TestSurvey.Usual with
        {
            Virtualization = Able with { MissingModules = ["kvm_intel", "vhost", "vhost_net"], HasVsock = false },
        };
        var findings = facts.Check(Kata);
        // /dev/kvm works: whichever module drives it is enough.
        Assert.Contains(findings, f => f.Id == "vm-modules" && f.Remedy.Contains("[vhost, vhost_net]"));
        Assert.Contains(findings, f => f is { Id: "no-vsock", Severity: PreflightSeverity.Info });
        Assert.Empty(facts.Check(Kata.Insert(2, "host: { kernelModules: [vhost, vhost_net, vhost_vsock] }, ")));
    }

    [Theory]
    [InlineData("amd64", "GenuineIntel", "kvm,kvm_intel,vhost,vhost_net")]
    [InlineData("amd64", "AuthenticAMD", "kvm,kvm_amd,vhost,vhost_net")]
    [InlineData("arm64", "", "kvm,vhost,vhost_net")]
    [InlineData("riscv64", "", "kvm,vhost,vhost_net")]
    public void Modules_are_those_of_kata_runtime_check(string architecture, string vendor, string modules) =>
        Assert.Equal(modules, string.Join(',', VirtualizationFacts.NeededModules(architecture, vendor)));

    private static VirtualizationFacts Able { get; } =
        new()
        {
            CpuVendor = "GenuineIntel",
            CpuFlags = new HashSet<string> { "vmx", "lm", "sse4_1" },
            HasVsock = true,
            Kvm = KvmAnswer.Works,
        };

    private static (string, PreflightSeverity) Brief(PreflightFinding finding) => (finding.Id, finding.Severity);
}
