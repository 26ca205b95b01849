using System.Net;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

/// <summary>Names, /etc/hosts and kernel parameters that somebody else says differently.</summary>
public sealed class HostChecksTests : IDisposable
{
    private const string Ours = "net.ipv4.ip_forward = 1\n";
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public void Foreign_line_of_hosts_that_says_otherwise_is_named_with_its_number()
    {
        var facts = TestSurvey.Usual with
        {
            Names = TestSurvey.Usual.Names with
            {
                Hosts =
                [
                    .. HostsLine.Parse(
                        "127.0.0.1 localhost\n# x\n127.0.2.1 k8s-node01 k8s-node01\n192.168.44.9 other\n"
                    ),
                ],
            },
        };
        var finding = facts.CheckOne("{ host: { hosts: [{ address: 192.168.44.141, names: [K8S-node01] }] } }");
        Assert.Equal("hosts-conflict", finding.Id);
        Assert.True(finding.IsDrift);
        Assert.StartsWith("/etc/hosts:3 says that K8S-node01 is 127.0.2.1", finding.What, StringComparison.Ordinal);
        Assert.Empty(facts.Check("{ host: { hosts: [{ address: \"fd00::1\", names: [k8s-node01] }] } }"));
        Assert.Empty(facts.Check("{ host: { hosts: [{ address: 127.0.2.1, names: [k8s-node01] }] } }"));
    }

    [Fact]
    public void Address_that_a_foreign_line_calls_otherwise_is_mentioned()
    {
        var facts = TestSurvey.Usual with
        {
            Names = TestSurvey.Usual.Names with
            {
                Hosts = [new HostsLine(3, IPAddress.Parse("10.0.0.9"), ["printer"])],
            },
        };
        var finding = facts.CheckOne("{ host: { hosts: [{ address: 10.0.0.9, names: [k8s-master] }] } }");
        Assert.Equal(("hosts-address", PreflightSeverity.Info), Brief(finding));
        Assert.Empty(facts.Check("{ host: { hosts: [{ address: 10.0.0.9, names: [k8s-master, printer] }] } }"));
    }

    [Fact]
    public void Own_name_on_the_loopback_is_the_distributions_way_and_no_drift()
    {
        var facts = TestSurvey.Usual with
        {
            Names = TestSurvey.Usual.Names with
            {
                Hosts = [new HostsLine(2, IPAddress.Parse("127.0.1.1"), ["edge-1"])],
            },
        };
        var finding = facts.CheckOne("{ host: { hosts: [{ address: 10.0.0.1, names: [edge-1] }] } }");
        Assert.Equal((PreflightSeverity.Info, false), (finding.Severity, finding.IsDrift));
    }

    [Fact]
    public void Lines_of_our_own_block_are_not_foreign() =>
        Assert.Equal(
            [1, 5],
            HostsLine
                .Parse("1.1.1.1 a\n# BEGIN holdfast\n2.2.2.2 b\n# END holdfast\n3.3.3.3 c # d\r\nnonsense\n4.4.4.4\n")
                .Select(line => line.Line)
        );

    [Fact]
    public void Names_of_host_and_node_are_compared()
    {
        var other = TestSurvey.Usual with { HostName = "Debian" };
        Assert.Equal(("node-name-differs", PreflightSeverity.Info), Brief(other.CheckOne()));
        Assert.Contains(
            other.Check("{ cluster: { kubernetes: {} } }"),
            f => f is { Id: "node-name-differs", Severity: PreflightSeverity.Warning }
        );
        Assert.Empty((TestSurvey.Usual with { HostName = "edge-1.shop.example" }).Check());
        Assert.Contains((TestSurvey.Usual with { HostName = "edge_1" }).Check(), f => f.Id == "host-name-invalid");

        var changes = TestSurvey.Usual with { Names = TestSurvey.Usual.Names with { HostNameAtBoot = "edge-2" } };
        Assert.Equal("host-name-changes", changes.CheckOne().Id);
    }

    [Fact]
    public void Own_name_must_be_known_to_the_machine_or_the_document()
    {
        var facts = TestSurvey.Usual with
        {
            Names = TestSurvey.Usual.Names with { KnowsOwnName = false },
            HostNetwork = new HostNetworkFacts { Addresses = [IPAddress.Loopback, IPAddress.Parse("192.0.2.2")] },
        };
        Assert.Contains("{ address: 192.0.2.2, names: [edge-1] }", facts.CheckOne().Remedy, StringComparison.Ordinal);
        Assert.Empty(facts.Check("{ host: { hosts: [{ address: 192.0.2.2, names: [edge-1] }] } }"));
    }

    [Theory]
    [InlineData("/etc/sysctl.d/99-sysctl.conf", false)]
    [InlineData("/run/sysctl.d/99-zzz.conf", true)]
    [InlineData("/usr/lib/sysctl.d/zz.conf", true)]
    [InlineData("/etc/sysctl.conf", true)]
    [InlineData("/etc/sysctl.d/10-earlier.conf", false)]
    [InlineData("/usr/lib/sysctl.d/50-default.conf", false)]
    [InlineData("/etc/sysctl.d/99-not-read.txt", false)]
    public async Task Later_file_that_overrides_ours_is_named(string file, bool isLater)
    {
        node.Write(file, "# comment\n; another\n -net/ipv4/ip_forward = 0 \n");
        foreach (var withOurs in (bool[])[false, true])
        {
            if (withOurs)
            {
                node.Write(SysctlFiles.OwnFile, Ours);
            }

            var files = await SysctlFiles.ReadAsync(node.Machine, TemporaryMachine.Never);
            var findings = (TestFacts.Usual with { SysctlFiles = files }).Check();
            Assert.Equal(isLater, findings.Count > 0);
            Assert.All(
                findings,
                finding =>
                {
                    Assert.True(finding.IsDrift);
                    Assert.StartsWith(
                        $"{file}:3 sets net.ipv4.ip_forward to 0",
                        finding.What,
                        StringComparison.Ordinal
                    );
                }
            );
        }
    }

    [Fact]
    public async Task Link_to_sysctl_conf_is_followed_and_a_mask_is_empty()
    {
        node.Write("/etc/sysctl.conf", "net.ipv4.ip_forward=0\n");
        node.Write("/usr/lib/sysctl.d/99-a.conf", "net.ipv4.ip_forward=0\n");
        node.Write(SysctlFiles.OwnFile, Ours);
        File.CreateSymbolicLink(node.Machine.At("/etc/sysctl.d/99-sysctl.conf"), "../sysctl.conf");
        File.CreateSymbolicLink(node.Machine.At("/etc/sysctl.d/99-a.conf"), "/dev/null");

        var files = await SysctlFiles.ReadAsync(node.Machine, TemporaryMachine.Never);

        Assert.Equal(["/etc/sysctl.conf", SysctlFiles.OwnFile], files.AtBoot.Select(setting => setting.File));
        Assert.Equal("/etc/sysctl.conf", files.FindOverride("net.ipv4.ip_forward", "1")!.File);
    }

    [Fact]
    public async Task Later_file_that_says_the_same_or_only_a_pattern_overrides_nothing()
    {
        node.Write(SysctlFiles.OwnFile, "net.ipv4.tcp_rmem = 1 2 3\nnet.ipv4.conf.eth0.forwarding = 1\n");
        node.Write("/etc/sysctl.d/99-zzz.conf", "net.ipv4.tcp_rmem=1\t2 3\nnet.ipv4.conf.*.forwarding = 0\n");
        var files = await SysctlFiles.ReadAsync(node.Machine, TemporaryMachine.Never);
        Assert.Null(files.FindOverride("net/ipv4/tcp_rmem", "1 2 3"));
        Assert.Null(files.FindOverride("net.ipv4.conf.eth0.forwarding", "1"));
    }

    private static (string, PreflightSeverity) Brief(PreflightFinding finding) => (finding.Id, finding.Severity);
}
