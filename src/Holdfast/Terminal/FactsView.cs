using System.Globalization;
using Holdfast.Composition;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>What the machine is. Stateless.</summary>
internal static class FactsView
{
    public static IEnumerable<(string Name, string Value)> List(NodeContext node)
    {
        var facts = node.Facts;
        return
        [
            ("host", facts.HostName),
            ("system", facts.OperatingSystem),
            ("kernel", facts.KernelRelease),
            ("architecture", facts.Architecture),
            ("processors", facts.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
            ("memory", $"{facts.MemoryBytes >> 20} MB"),
            ("free disk", $"{facts.FreeDiskBytes >> 20} MB"),
            ("init", facts.IsSystemd ? "systemd" : "not systemd"),
            ("cgroups", facts.Cgroups.ToString().ToLowerInvariant()),
            ("swap", facts.ActiveSwap.Count == 0 ? "off" : string.Join(", ", facts.ActiveSwap)),
            ("containerd", facts.ContainerdVersion ?? "not installed"),
            ("CNI plugins", facts.HasCniPlugins ? facts.CniPluginDirectory : "not installed"),
        ];
    }

    public static void Show(Screen screen, NodeContext node)
    {
        screen.Line("[bold]machine[/]");
        foreach (var (name, value) in List(node))
        {
            screen.Line($"  {name, -13}{value.EscapeMarkup()}");
        }
    }
}
