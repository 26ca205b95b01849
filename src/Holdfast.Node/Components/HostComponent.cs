using System.Text;
using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes.Containerd;

namespace Holdfast.Node.Components;

/// <summary>The host below the runtimes: swap, hosts, kernel modules and parameters, now and after a reboot. Stateless.</summary>
internal sealed class HostComponent : IComponent
{
    private const string Heading = "# Written by Holdfast from the node document; \"holdfast undo\" removes it.\n";

    public string Name => "host";

    public IEnumerable<IResource> Build(EdgeNodeSpec spec, MachineFacts facts) =>
        [
            .. BuildSwap(spec.Host, facts),
            .. BuildHosts(spec.Host),
            .. BuildModules(spec.Host),
            .. BuildSysctl(spec.Host),
            .. ReversePath.Build(spec.Host, facts),
        ];

    private static IEnumerable<IResource> BuildSwap(HostSpec host, MachineFacts facts)
    {
        if (host.Swap != SwapMode.Disabled)
        {
            yield break;
        }

        // What starts swap goes first: between the two, systemd could start it again.
        yield return FstabSwap.Resource();
        foreach (var unit in facts.SwapUnits)
        {
            yield return new MaskedUnitResource(unit) { Why = "swap stays off after a reboot" };
        }

        yield return new SwapResource();
    }

    private static IEnumerable<IResource> BuildHosts(HostSpec host)
    {
        // Without entries nothing is wanted of the file; a block of an older document is taken back as a leftover.
        if (host.Hosts.Count > 0)
        {
            yield return HostsFile.Resource(host.Hosts);
        }
    }

    private static IEnumerable<IResource> BuildModules(HostSpec host)
    {
        if (host.KernelModules.Count == 0)
        {
            yield break;
        }

        yield return new FileResource(
            "/etc/modules-load.d/holdfast.conf",
            Heading + string.Concat(host.KernelModules.Select(module => module + "\n"))
        )
        {
            Title = "kernel modules are loaded at boot",
        };
        foreach (var module in host.KernelModules)
        {
            yield return new KernelModuleResource(module) { Why = WhyModule(module) };
        }
    }

    private static IEnumerable<IResource> BuildSysctl(HostSpec host)
    {
        if (host.Sysctl.Count == 0)
        {
            yield break;
        }

        var text = new StringBuilder(Heading);
        foreach (var (name, value) in host.Sysctl.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append($"{name} = {value}\n");
        }

        yield return new FileResource(SysctlFiles.OwnFile, text.ToString())
        {
            Title = "kernel parameters are set at boot",
        };
        foreach (var (name, value) in host.Sysctl.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            yield return new SysctlResource(name, value) { Why = WhyParameter(name) };
        }
    }

    private static string? WhyModule(string module) =>
        module switch
        {
            "br_netfilter" => "traffic between pods on one bridge passes the packet filter",
            "overlay" => "images are unpacked once and shared by all containers",
            _ => null,
        };

    private static string? WhyParameter(string name) =>
        name switch
        {
            "net.ipv4.ip_forward" => "pods reach other machines through this one",
            "net.bridge.bridge-nf-call-iptables" or "net.bridge.bridge-nf-call-ip6tables" =>
                "traffic between pods on one bridge passes the packet filter",
            _ => null,
        };
}
