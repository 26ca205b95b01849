using Holdfast.Agent.Sandboxes;
using Holdfast.Cri.V1;
using Holdfast.Kube;
using Holdfast.Linux;
using Container = Holdfast.Kube.Container;

namespace Holdfast.Agent.Tests.Sandboxes;

public sealed class SandboxConfigTests
{
    private static readonly ResolvConf Resolver = ResolvConf.Parse(
        "# comment\nnameserver 9.9.9.9\nnameserver 2001:db8::1\nsearch a.example b.example.\noptions ndots:2 rotate\n"
    );

    [Fact]
    public void A_pod_is_named_labelled_and_put_into_its_cgroup()
    {
        var config = Build(new PodSpec { Containers = [TestPods.Container()] }, attempt: 2);

        Assert.Equal(
            ("web", "shop", "0f-1", 2u),
            (config.Metadata.Name, config.Metadata.Namespace, config.Metadata.Uid, config.Metadata.Attempt)
        );
        Assert.Equal("web", config.Hostname);
        Assert.Equal("/node/var/log/pods/shop_web_0f-1", config.LogDirectory);
        Assert.Equal("/kubepods/besteffort/pod0f-1", config.Linux.CgroupParent);
        Assert.Equal("web", config.Labels["app"]);
        Assert.Equal("edge-1", config.Labels["holdfast.dev/node"]);
        // A machine's own node has no such label; this is one of several.
        Assert.Equal(new NodePaths("/node/").Key, config.Labels["holdfast.dev/root"]);
        Assert.Equal("", NodePaths.Default.Key);
        Assert.Equal(NamespaceMode.Pod, config.Linux.SecurityContext.NamespaceOptions.Network);
        Assert.Equal(NamespaceMode.Container, config.Linux.SecurityContext.NamespaceOptions.Pid);
    }

    [Fact]
    public void Host_namespaces_sysctls_and_ports_are_passed()
    {
        var container = TestPods.Container() with
        {
            Ports =
            [
                new() { Number = 80, HostPort = 8080 },
                new()
                {
                    Number = 53,
                    HostPort = 53,
                    Protocol = "UDP",
                    HostIP = "127.0.0.1",
                },
                new() { Number = 81 },
            ],
            SecurityContext = new() { Privileged = true },
        };
        var config = Build(
            new PodSpec
            {
                Containers = [container],
                HostIPC = true,
                ShareProcessNamespace = true,
                Hostname = "db",
                SecurityContext = new() { Sysctls = [new() { Name = "net/ipv4/ping_group_range", Value = "0 1" }] },
            }
        );

        Assert.Equal("db", config.Hostname);
        Assert.Equal(
            (NamespaceMode.Node, NamespaceMode.Pod),
            (config.Linux.SecurityContext.NamespaceOptions.Ipc, config.Linux.SecurityContext.NamespaceOptions.Pid)
        );
        Assert.True(config.Linux.SecurityContext.Privileged);
        Assert.Equal("0 1", config.Linux.Sysctls["net.ipv4.ping_group_range"]);
        Assert.Equal([8080, 53], config.PortMappings.Select(p => p.HostPort));
        Assert.Equal(Protocol.Udp, config.PortMappings[1].Protocol);

        var host = Build(new PodSpec { Containers = [container], HostNetwork = true });
        Assert.Equal("", host.Hostname);
        Assert.Empty(host.PortMappings);
    }

    [Fact]
    public void The_sandbox_s_own_process_is_filtered_where_containers_can_reach_it()
    {
        var spec = new PodSpec { Containers = [TestPods.Container()] };
        Assert.Equal(
            SecurityProfile.Types.ProfileType.Unconfined,
            Build(spec).Linux.SecurityContext.Seccomp.ProfileType
        );
        Assert.Equal(
            SecurityProfile.Types.ProfileType.RuntimeDefault,
            Build(spec with { ShareProcessNamespace = true }).Linux.SecurityContext.Seccomp.ProfileType
        );
    }

    [Theory]
    [InlineData("kata", false)]
    [InlineData("", false)]
    [InlineData("untrusted", true)]
    public void The_untrusted_annotation_reaches_only_a_handler_of_that_name(string handler, bool isPassed)
    {
        var pod = TestPods.Pod(TestPods.Container());
        pod = pod with
        {
            Metadata = pod.Metadata with
            {
                Annotations = new Dictionary<string, string>
                {
                    [PodAnnotations.UntrustedWorkload] = "true",
                    ["x"] = "y",
                },
            },
        };

        var config = new SandboxConfigBuilder(TestPods.Options).Build(pod, 0, handler, Resolver);

        Assert.Equal(isPassed, config.Annotations.ContainsKey(PodAnnotations.UntrustedWorkload));
        Assert.Equal("y", config.Annotations["x"]);
    }

    [Fact]
    public void Names_are_resolved_as_the_node_resolves_them_plus_what_the_pod_adds()
    {
        var wanted = new PodDnsConfig
        {
            Nameservers = ["1.1.1.1", "8.8.8.8"],
            Searches = ["c.example"],
            Options = [new() { Name = "ndots", Value = "5" }, new() { Name = "edns0" }],
        };

        var added = DnsConfigBuilder.Build(new PodSpec { DnsConfig = wanted }, Resolver);
        Assert.Equal(["9.9.9.9", "2001:db8::1", "1.1.1.1"], added.Servers);
        Assert.Equal(["a.example", "b.example", "c.example"], added.Searches);
        Assert.Equal(["rotate", "ndots:5", "edns0"], added.Options);

        var own = DnsConfigBuilder.Build(new PodSpec { DnsPolicy = "None", DnsConfig = wanted }, Resolver);
        Assert.Equal(["1.1.1.1", "8.8.8.8"], own.Servers);
        Assert.Equal(["c.example"], own.Searches);
    }

    [Fact]
    public void A_host_name_is_cut_to_what_linux_allows()
    {
        var name = new string('a', 62) + "-" + new string('b', 30);
        Assert.Equal(new string('a', 62), SandboxConfigBuilder.HostName(new PodSpec(), name, "node"));
    }

    [Theory]
    [InlineData("Guaranteed", CgroupDriver.Cgroupfs, "/kubepods/poda-b", "kubepods/poda-b")]
    [InlineData("Burstable", CgroupDriver.Cgroupfs, "/kubepods/burstable/poda-b", "kubepods/burstable/poda-b")]
    [InlineData("Guaranteed", CgroupDriver.Systemd, "kubepods-poda_b.slice", "kubepods.slice/kubepods-poda_b.slice")]
    [InlineData(
        "BestEffort",
        CgroupDriver.Systemd,
        "kubepods-besteffort-poda_b.slice",
        "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-poda_b.slice"
    )]
    public void Cgroups_are_named_as_the_kubelet_names_them(string qos, CgroupDriver driver, string parent, string path)
    {
        Assert.Equal(parent, PodCgroup.Parent("a-b", qos, driver));
        Assert.Equal(path, CgroupTree.RelativePath(parent));
    }

    private static PodSandboxConfig Build(PodSpec spec, uint attempt = 0) =>
        new SandboxConfigBuilder(TestPods.Options).Build(TestPods.Pod(spec), attempt, "runc", Resolver);
}
