using System.Net;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

public sealed class CniChecksTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Files_are_in_the_order_of_runtimes_and_one_before_ours_is_named()
    {
        node.Write("/etc/cni/net.d/100-x.conflist", "{\"cniVersion\":\"0.4.0\",\"name\":\"x\",\"plugins\":[]}");
        node.Write(
            "/etc/cni/net.d/10-holdfast.conflist",
            "{\"cniVersion\":\"1.0.0\",\"name\":\"holdfast\",\"plugins\":[]}"
        );
        node.Write("/etc/cni/net.d/10-flannel.conflist", "{\"name\":\"cbr0\",\"plugins\":[{\"type\":\"flannel\"}]}");
        node.Write("/etc/cni/net.d/00-readme.txt", "");
        var networks = await CniNetwork.ListAsync(node.Machine, TemporaryMachine.Never);
        Assert.Equal(
            ["10-flannel.conflist", "10-holdfast.conflist", "100-x.conflist"],
            networks.Select(network => network.FileName)
        );
        var finding = (TestSurvey.Usual with { CniNetworks = networks }).CheckOne();
        Assert.Equal("cni-earlier-network", finding.Id);
        Assert.Contains("cbr0 in /etc/cni/net.d/10-flannel.conflist", finding.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"plugins\": 7, \"name\": []}")]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}")]
    [InlineData("{\"plugins\":[{\"type\":\"bridge\",\"ipam\":{\"ranges\":[[{\"subnet\":\"x\"}],{}]}}]}")]
    public void What_is_no_network_is_no_reason_to_fail(string text) =>
        Assert.Empty(CniNetwork.Parse("10-x.conf", text).Subnets);

    [Fact]
    public void Network_that_shares_the_bridge_or_the_addresses_is_named()
    {
        var crio = CniNetwork.Parse(
            "100-crio-bridge.conf",
            "{\"name\":\"crio\",\"type\":\"bridge\",\"bridge\":\"cni0\",\"ipam\":{\"ranges\":[[{\"subnet\":\"10.85.0.0/16\"}],[{\"subnet\":\"fd00::/64\"}]]}}"
        );
        var podman = CniNetwork.Parse(
            "87-podman-bridge.conflist",
            "{\"name\":\"podman\",\"plugins\":[{\"type\":\"bridge\",\"bridge\":\"cni-podman0\",\"ipam\":{\"subnet\":\"10.88.0.0/16\"}}]}"
        );
        Assert.Equal([IPNetwork.Parse("10.85.0.0/16")], crio.Subnets);
        var findings = (TestSurvey.Usual with { CniNetworks = [crio, podman] }).Check();
        Assert.Contains(findings, f => f.What.Contains("crio") && f.What.Contains("uses the bridge cni0 too"));
        Assert.Contains(findings, f => f.What.Contains("podman") && f.Remedy.Contains("10.89.0.0/16"));
        Assert.All(findings.Where(f => f.Id != "cni-earlier-network"), f => Assert.Equal("cni-network-conflict", f.Id));
    }

    [Theory]
    [InlineData("172.16.0.0/16", "10.0.0.0/8")]
    [InlineData("172.20.0.0/16", "10.0.0.0/8", "172.16.0.0/14")]
    [InlineData("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12")]
    [InlineData("192.168.128.0/17", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/21")]
    public void Route_over_a_whole_private_range_leaves_a_subnet_of_another_to_propose(
        string free,
        params string[] networks
    )
    {
        var finding = WithRoutes(networks).CheckOne();
        Assert.Equal("subnet-in-use", finding.Id);
        Assert.EndsWith(free, finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Routes_over_all_private_ranges_leave_nothing_to_propose()
    {
        var finding = WithRoutes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16").CheckOne();
        Assert.Equal("subnet-in-use", finding.Id);
        Assert.Contains("spec.network.bridge.subnet", finding.Remedy, StringComparison.Ordinal);
    }

    private static MachineSurvey WithRoutes(params string[] networks) =>
        TestSurvey.Usual with
        {
            HostNetwork = new HostNetworkFacts
            {
                Routes = [.. networks.Select(network => new HostRoute("tun0", IPNetwork.Parse(network), null))],
            },
        };

    [Fact]
    public async Task Routes_bridges_and_addresses_are_read_as_the_kernel_writes_them()
    {
        node.Write(
            "/proc/net/route",
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                + "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
                + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
        );
        node.Write(
            "/proc/net/fib_trie",
            "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.0\n        /24 link UNICAST\n     |-- 192.0.2.2\n        /32 host LOCAL\n"
                + "Local:\n     |-- 192.0.2.2\n        /32 host LOCAL\n     |-- 127.0.0.0\n        /8 host LOCAL\n"
        );
        node.Write("/sys/class/net/docker0/bridge/x", "");
        node.Write("/sys/class/net/docker0/brif/eth1/x", "");
        node.Write("/sys/class/net/eth1/device/x", "");
        node.Write("/sys/class/net/eth0/x", "");

        var network = await HostNetworkFacts.ReadAsync(node.Machine, TemporaryMachine.Never);

        Assert.Equal(["docker0", "eth0", "eth1"], network.Interfaces);
        Assert.Equal(["eth1"], Assert.Single(network.Bridges).HardwarePorts);
        Assert.Equal([IPAddress.Parse("192.0.2.1")], network.DefaultGateways);
        Assert.Equal([IPAddress.Parse("192.0.2.2")], network.Addresses);
        Assert.Equal(
            ["172.17.0.0/16 docker0", "192.0.2.0/24 eth0"],
            network.Routes.Select(route => $"{route.Network} {route.Interface}")
        );
    }

    [Fact]
    public void Subnet_that_the_machine_reaches_elsewhere_is_refused_before_the_bridge_is_made()
    {
        var network = new HostNetworkFacts
        {
            Interfaces = ["eth0"],
            Routes =
            [
                new HostRoute("eth0", IPNetwork.Parse("10.88.4.0/24"), null),
                new HostRoute("tun0", IPNetwork.Parse("10.89.0.0/16"), null),
            ],
        };
        var finding = (TestSurvey.Usual with { HostNetwork = network }).CheckOne();
        Assert.Equal(("subnet-in-use", PreflightSeverity.Error), (finding.Id, finding.Severity));
        Assert.Contains("10.90.0.0/16", finding.Remedy, StringComparison.Ordinal);
        Assert.Empty(
            (TestSurvey.Usual with { HostNetwork = network }).Check("{ network: { bridge: { subnet: 10.90.0.0/16 } } }")
        );

        var later = network with { Interfaces = ["cni0", "eth0"], Bridges = [new HostBridge("cni0", [])] };
        Assert.Equal(PreflightSeverity.Warning, (TestSurvey.Usual with { HostNetwork = later }).CheckOne().Severity);
    }

    [Fact]
    public void Bridge_of_our_own_is_no_finding()
    {
        var network = new HostNetworkFacts
        {
            Interfaces = ["cni0"],
            Bridges = [new HostBridge("cni0", [])],
            Routes = [new HostRoute("cni0", IPNetwork.Parse("10.88.0.0/16"), null)],
            Addresses = [IPAddress.Parse("10.88.0.1")],
        };
        Assert.Empty((TestSurvey.Usual with { HostNetwork = network }).Check());
        var other = TestSurvey.Usual with
        {
            HostNetwork = network with { Addresses = [IPAddress.Parse("10.88.0.254")] },
        };
        Assert.Equal("bridge-foreign", other.CheckOne().Id);
        Assert.Empty(other.Check("{ network: { bridge: { gateway: 10.88.0.254 } } }"));
    }

    [Theory]
    [InlineData("docker0", "172.17.0.0/16", "bridge-foreign")]
    [InlineData("br0", null, "bridge-foreign")]
    [InlineData("eth0", null, "bridge-not-a-bridge")]
    public void Interface_of_that_name_that_is_somebody_elses_is_refused(string name, string? subnet, string id)
    {
        var network = new HostNetworkFacts
        {
            Interfaces = ["docker0", "br0", "eth0"],
            Bridges = [new HostBridge("docker0", []), new HostBridge("br0", ["eth0"])],
            Routes = subnet is null ? [] : [new HostRoute(name, IPNetwork.Parse(subnet), null)],
        };
        var finding = (TestSurvey.Usual with { HostNetwork = network }).CheckOne(
            $"{{ network: {{ bridge: {{ name: {name} }} }} }}"
        );
        Assert.Equal((id, PreflightSeverity.Error), (finding.Id, finding.Severity));
    }

    [Fact]
    public void Bridge_of_an_older_document_may_be_deleted()
    {
        var facts = TestSurvey.Usual with
        {
            HostNetwork = new HostNetworkFacts
            {
                Interfaces = ["cni0"],
                Bridges = [new HostBridge("cni0", [])],
                Routes = [new HostRoute("cni0", IPNetwork.Parse("10.99.0.0/16"), null)],
            },
            CniNetworks = [new CniNetwork("10-holdfast.conflist", "holdfast", ["cni0"], [], "0.4.0")],
        };
        var finding = facts.CheckOne();
        Assert.Equal(("bridge-old-address", PreflightSeverity.Warning), (finding.Id, finding.Severity));
        Assert.Contains("ip link delete cni0", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Plugins_that_do_not_run_or_agree_are_named()
    {
        var broken = TestFacts.Usual with
        {
            CniPlugins = [new CniPlugin("bridge", [], "Exec format error"), .. TestFacts.Usual.CniPlugins.Skip(1)],
        };
        Assert.Equal("cni-broken", broken.CheckOne().Id);
        var apart = TestFacts.Usual with
        {
            CniPlugins = [new CniPlugin("bridge", ["0.2.0"]), .. TestFacts.Usual.CniPlugins.Skip(1)],
        };
        Assert.Equal("cni-versions", apart.CheckOne().Id);
        var few = TestFacts.Usual with { CniPlugins = [.. TestFacts.Usual.CniPlugins.Take(2)] };
        Assert.Contains("portmap, loopback", few.CheckOne().What, StringComparison.Ordinal);
    }

    [Fact]
    public void Plugins_are_looked_for_where_the_document_takes_them_from()
    {
        var none = TestFacts.Usual with { HasCniPlugins = false, CniPlugins = [] };
        Assert.Empty(none.Check());
        Assert.Equal("cni-missing", none.CheckOne("{ network: { plugins: { present: {} } } }").Id);
        Assert.Equal(
            "cni-missing",
            (none with { HasApt = false })
                .Check("{ runtimes: [{ name: containerd, install: { present: {} } }] }")
                .Single()
                .Id
        );
    }

    [Fact]
    public void Iptables_comes_along_with_the_package_only()
    {
        var without = TestFacts.Usual with { HasIptables = false };
        Assert.Equal("no-iptables", without.CheckOne().Id);
        Assert.Empty((without with { HasCniPlugins = false, CniPlugins = [] }).Check());
    }

    [Theory]
    [InlineData("archive: { url: \"http://h/cni.tgz\", sha256Url: \"https://h/cni.tgz.sha256\" }", true, false)]
    [InlineData("archive: { url: \"http://h/cni.tgz\", sha256Url: \"https://h/cni.tgz.sha256\" }", false, true)]
    [InlineData("present: {}", true, true)]
    public void Beside_an_archive_iptables_is_installed_where_there_is_apt(string plugins, bool hasApt, bool isMissed)
    {
        // Runtimes that are there, since without apt nothing else could be said of them.
        const string Runtimes = "runtimes: [{ name: containerd, install: { present: {} } }]";
        var facts = TestFacts.Usual with { HasIptables = false, HasApt = hasApt };
        var found = facts.Check($"{{ network: {{ plugins: {{ {plugins} }} }}, {Runtimes} }}");
        Assert.Equal(isMissed, found.Any(finding => finding.Id == "no-iptables"));
    }

    [Theory]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"supportedVersions\":[\"0.4.0\",\"1.0.0\"]}", 2, null)]
    [InlineData("{\"cniVersion\":\"1.0.0\"}", 0, "no supportedVersions")]
    [InlineData("Usage: nonsense", 0, "no JSON")]
    [InlineData("[]", 0, "no JSON")]
    public void Answer_to_version_is_read(string answer, int count, string? problem)
    {
        var plugin = CniPlugin.Parse("bridge", answer);
        Assert.Equal(count, plugin.Versions.Count);
        Assert.True(
            problem is null ? plugin.Problem is null : plugin.Problem!.Contains(problem, StringComparison.Ordinal)
        );
    }
}
