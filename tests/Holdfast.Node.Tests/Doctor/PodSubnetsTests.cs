using System.Net;
using Holdfast.Node.Doctor;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

/// <summary>Which subnet pods get where the document names none.</summary>
public sealed class PodSubnetsTests
{
    private static readonly MachineSurvey BesideVpn = TestSurvey.Usual with
    {
        HostNetwork = new HostNetworkFacts { Routes = [new HostRoute("tun0", IPNetwork.Parse("10.0.0.0/8"), null)] },
    };

    [Fact]
    public void The_usual_subnet_is_taken_without_a_word_where_it_is_free() =>
        Assert.Equal(("10.88.0.0/16", null), Choose(TestSurvey.Usual));

    [Fact]
    public void A_route_over_the_usual_subnet_leads_to_a_free_one_and_is_told() =>
        Assert.Equal(
            (
                "172.16.0.0/16",
                "pods get addresses of 172.16.0.0/16, since the document names no subnet and the usual 10.88.0.0/16 overlaps 10.0.0.0/8, which this machine reaches by tun0"
            ),
            Choose(BesideVpn)
        );

    [Fact]
    public void A_network_of_podman_keeps_its_addresses()
    {
        var podman = CniNetwork.Parse(
            "87-podman.conflist",
            "{\"name\":\"podman\",\"plugins\":[{\"type\":\"bridge\",\"bridge\":\"cni-podman0\",\"ipam\":{\"subnet\":\"10.88.0.0/16\"}}]}"
        );
        var (subnet, told) = Choose(TestSurvey.Usual with { CniNetworks = [podman] });
        Assert.Equal("10.89.0.0/16", subnet);
        Assert.Contains("that of the network podman in /etc/cni/net.d/87-podman.conflist", told);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_configured_stays_whatever_becomes_of_the_routes(bool isBesideVpn)
    {
        var first = PodSubnets.Choose(TestFacts.Document(), BesideVpn).Network.Bridge;
        var ours = CniNetwork.Parse(CniNetworkChange.FileName, CniComponent.Render(first));
        var later = (isBesideVpn ? BesideVpn : TestSurvey.Usual) with { CniNetworks = [ours] };
        var (subnet, told) = Choose(later);
        Assert.Equal("172.16.0.0/16", subnet);
        Assert.EndsWith(isBesideVpn ? "reaches by tun0" : "this one is configured already", told);
    }

    [Fact]
    public void The_subnet_of_a_bridge_that_had_another_name_is_not_taken_over()
    {
        var older = TestFacts.Document("{ network: { bridge: { name: old0, subnet: 10.77.0.0/16 } } }").Network.Bridge;
        var ours = CniNetwork.Parse(CniNetworkChange.FileName, CniComponent.Render(older));
        Assert.Equal(("10.88.0.0/16", null), Choose(TestSurvey.Usual with { CniNetworks = [ours] }));
    }

    [Theory]
    [InlineData("subnet: 10.88.0.0/16")]
    [InlineData("gateway: 10.88.0.9")]
    public void A_subnet_of_the_document_is_never_changed(string bridge)
    {
        var spec = TestFacts.Document($"{{ network: {{ bridge: {{ {bridge} }} }} }}");
        var chosen = PodSubnets.Choose(spec, BesideVpn);
        Assert.Same(spec, chosen);
        Assert.Equal("subnet-in-use", Assert.Single(Preflight.Check(BesideVpn, chosen)).Id);
    }

    [Fact]
    public void Where_nothing_is_free_the_usual_subnet_is_refused_as_before()
    {
        var full = BesideVpn with
        {
            HostNetwork = new HostNetworkFacts
            {
                Routes =
                [
                    .. new[] { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16" }.Select(network => new HostRoute(
                        "tun0",
                        IPNetwork.Parse(network),
                        null
                    )),
                ],
            },
        };
        var chosen = PodSubnets.Choose(TestFacts.Document(), full);
        Assert.Equal("subnet-in-use", Assert.Single(Preflight.Check(full, chosen)).Id);
    }

    private static (string Subnet, string? Told) Choose(MachineSurvey survey)
    {
        var chosen = PodSubnets.Choose(TestFacts.Document(), survey);
        var findings = Preflight.Check(survey, chosen).Where(finding => finding.Id != "cni-earlier-network").ToArray();
        Assert.All(findings, finding => Assert.Equal("subnet-chosen", finding.Id));
        return (chosen.Network.Bridge.Subnet.ToString(), findings.SingleOrDefault()?.What);
    }
}
