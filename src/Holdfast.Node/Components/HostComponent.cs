using System.Text;
using Holdfast.Document;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Components;

/// <summary>The host below the runtimes: swap, hosts, kernel modules and parameters, now and after a reboot.</summary>
internal sealed class HostComponent : IComponent
{
    private const string Heading = "# Written by Holdfast from the node document; \"holdfast undo\" removes it.\n";

    public string Name => "host";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts) =>
        [
            .. BuildSwap(spec.Host, facts),
            .. BuildHosts(spec.Host),
            .. BuildModules(spec.Host),
            .. BuildSysctl(spec.Host),
        ];

    private static IEnumerable<IStep> BuildSwap(HostSpec host, MachineFacts facts)
    {
        if (host.Swap != SwapMode.Disabled)
        {
            yield break;
        }

        if (!facts.IsSystemd)
        {
            yield return FstabSwap.Change();
        }

        // What starts swap goes first: between the two, systemd could start it again.
        foreach (var unit in facts.SwapUnits)
        {
            yield return new MaskedUnitChange(unit) { Why = "swap stays off after a reboot" };
        }

        yield return new SwapChange();
    }

    private static IEnumerable<IStep> BuildHosts(HostSpec host)
    {
        // Without entries nothing is wanted of the file; a block of an older document is taken back as a leftover.
        if (host.Hosts.Count > 0)
        {
            yield return HostsFile.Change([
                .. host.Hosts.Select(entry => $"{entry.Address} {string.Join(' ', entry.Names)}"),
            ]);
        }
    }

    private static IEnumerable<IStep> BuildModules(HostSpec host)
    {
        if (host.KernelModules.Count == 0)
        {
            yield break;
        }

        yield return new FileChange(
            "/etc/modules-load.d/holdfast.conf",
            Heading + string.Concat(host.KernelModules.Select(module => module + "\n"))
        )
        {
            Title = "kernel modules are loaded at boot",
        };
        foreach (var module in host.KernelModules)
        {
            yield return new KernelModuleChange(module) { Why = WhyModule(module) };
        }
    }

    private static IEnumerable<IStep> BuildSysctl(HostSpec host)
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

        yield return new FileChange(SysctlFiles.OwnFile, text.ToString())
        {
            Title = "kernel parameters are set at boot",
        };
        foreach (var (name, value) in host.Sysctl.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            yield return new SysctlChange(name, value) { Why = WhyParameter(name) };
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
