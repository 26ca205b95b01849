using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Doctor;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Host;

/// <summary>
/// The rendered network in the hands of the real plugins, in a network namespace that stands for the host; then what
/// facts and checks say of that host.
/// </summary>
public sealed class RealNetworkTests : IDisposable
{
    private const string Plugins = "/usr/lib/cni";
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Adds a pod to the network, and copies what the kernel then shows of the pod's routes and of the host's networks.
    /// </summary>
    private const string Script = """
        set -e
        mkdir -p "$1/state" "$1/netns" "$1/host/proc/net" "$1/host/sys"
        mkdir -p /run/netns /var/lib/cni
        mount --bind "$1/netns" /run/netns && mount --bind "$1/state" /var/lib/cni
        mount -t sysfs sysfs /sys
        ip link set lo up
        ip netns add pod
        export CNI_CONTAINERID=test CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH="$2"
        CNI_COMMAND=ADD "$2/bridge" <"$1/bridge.json"
        ip netns exec pod ip -4 route >"$1/pod-routes"
        iptables -t nat -S >"$1/nat"
        cp /proc/net/route /proc/net/fib_trie "$1/host/proc/net/"
        mkdir -p "$1/host/sys/class/net"
        for link in /sys/class/net/*; do
            name=$(basename "$link")
            mkdir -p "$1/host/sys/class/net/$name"
            if [ -d "$link/bridge" ]; then mkdir -p "$1/host/sys/class/net/$name/bridge" "$1/host/sys/class/net/$name/brif"; fi
        done
        CNI_COMMAND=DEL "$2/bridge" <"$1/bridge.json"
        """;

    private readonly TemporaryDirectory top = new("hfn");

    public void Dispose() => top.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pod_goes_by_the_gateway_of_the_document_and_the_host_is_understood(bool masquerade)
    {
        var document =
            $"{{ name: hftest0, subnet: 10.93.7.0/24, gateway: 10.93.7.254, masquerade: {(masquerade ? "true" : "false")} }}";
        var spec = Read(document);
        var survey = await MachineSurvey.ReadAsync(At("/"), spec, CancellationToken.None);
        var version = CniComponent.ChooseVersion(spec.Network, survey.Facts)!;
        Write("bridge.json", FirstPlugin(CniComponent.Render(spec.Network.Bridge, version)));

        var answer = JsonNode.Parse(
            await RequireAsync("unshare", "-n", "-m", "sh", "-c", Script, "sh", top.Path, Plugins)
        )!;

        Assert.Equal(version, (string?)answer["cniVersion"]);
        Assert.Equal("10.93.7.254", (string?)answer["ips"]![0]!["gateway"]);
        Assert.Contains("default via 10.93.7.254", File.ReadAllText(top["pod-routes"]), StringComparison.Ordinal);
        Assert.Equal(masquerade, File.ReadAllText(top["nat"]).Contains("MASQUERADE", StringComparison.Ordinal));

        var network = await HostNetworkFacts.ReadAsync(At(top["host"]), CancellationToken.None);
        Assert.Equal("hftest0", Assert.Single(network.Bridges).Name);
        Assert.Contains(IPAddress.Parse("10.93.7.254"), network.Addresses);
        Assert.Contains(new HostRoute("hftest0", IPNetwork.Parse("10.93.7.0/24"), null), network.Routes);

        var host = survey with { HostNetwork = network };
        Assert.Empty(Findings(host, spec));
        Assert.Equal(["bridge-foreign"], Findings(host, Read("{ name: hftest0, subnet: 10.94.0.0/16 }")));
        Assert.Equal(["subnet-in-use"], Findings(host, Read("{ name: hftest1, subnet: 10.93.0.0/16 }")));
    }

    /// <summary>As VPNs and clouds set it; every verb ended with an internal error.</summary>
    [Fact]
    public async Task Route_over_all_of_ten_is_a_finding_that_proposes_another_range()
    {
        const string script = """
            set -e
            mkdir -p "$1/host/proc/net"
            ip link set lo up
            ip route add 10.0.0.0/8 dev lo
            cp /proc/net/route /proc/net/fib_trie "$1/host/proc/net/"
            """;
        await RequireAsync("unshare", "-n", "sh", "-c", script, "sh", top.Path);
        var network = await HostNetworkFacts.ReadAsync(At(top["host"]), CancellationToken.None);
        var spec = Read("{ name: hftest0 }");
        var survey = await MachineSurvey.ReadAsync(At("/"), spec, CancellationToken.None) with
        {
            HostNetwork = network,
        };
        var finding = Assert.Single(Preflight.Check(survey, spec), finding => finding.Id == "subnet-in-use");
        Assert.EndsWith("172.16.0.0/16", finding.Remedy, StringComparison.Ordinal);
    }

    private static string[] Findings(MachineSurvey survey, EdgeNodeSpec spec) =>
        [
            .. Preflight
                .Check(survey, spec)
                .Select(finding => finding.Id)
                .Where(id => id is "bridge-foreign" or "bridge-not-a-bridge" or "subnet-in-use"),
        ];

    private static EdgeNodeSpec Read(string bridge) =>
        NodeDocument
            .Parse(
                $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: {{ name: n }}\nspec: {{ network: {{ bridge: {bridge} }} }}\n",
                "node.yaml"
            )
            .Spec!;

    /// <summary>As a runtime hands it to the plugin: with name and version of the list.</summary>
    private static string FirstPlugin(string list)
    {
        var network = JsonNode.Parse(list)!;
        var plugin = network["plugins"]![0]!.DeepClone();
        plugin["name"] = (string?)network["name"];
        plugin["cniVersion"] = (string?)network["cniVersion"];
        return plugin.ToJsonString();
    }

    private global::Holdfast.Changes.Machine At(string root)
    {
        var paths = new NodePaths(top.Path);
        return new global::Holdfast.Changes.Machine(
            paths,
            root,
            new SupervisedServices(paths, [], TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }

    private void Write(string name, string content) => File.WriteAllText(top[name], content, Encoding.ASCII);

    private static async Task<string> RequireAsync(string program, params string[] arguments) =>
        (
            await RequiredCommand.RunAsync("cannot ask", new ChildCommand(program, arguments), CommandTimeout)
        ).StandardOutput;
}
