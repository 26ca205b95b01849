using System.Globalization;
using Holdfast.Composition;
using Holdfast.Linux;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>What the machine is.</summary>
internal static class FactsView
{
    public static IEnumerable<(string Name, string Value)> List(NodeContext node)
    {
        var survey = node.Survey;
        var facts = node.Facts;
        return
        [
            ("host", survey.HostName),
            ("system", survey.System.Name),
            ("kernel", survey.KernelRelease),
            ("architecture", facts.Architecture),
            ("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
            ("memory", $"{survey.MemoryBytes >> 20} MB"),
            ("free disk", FreeDisk(survey)),
            ("free inodes", survey.FreeInodes?.ToString(CultureInfo.InvariantCulture) ?? "without limit"),
            ("init", facts.IsSystemd ? "systemd" : "not systemd"),
            ("container of", survey.Container ?? "nothing"),
            ("clock", Clock(survey)),
            (
                "name servers",
                survey.Names.NameServers.Count == 0 ? "none" : string.Join(", ", survey.Names.NameServers)
            ),
            ("cgroups", facts.Cgroups.ToString().ToLowerInvariant()),
            ("swap", survey.ActiveSwap.Count == 0 ? "off" : string.Join(", ", survey.ActiveSwap)),
            ("containerd", facts.ContainerdVersion ?? "not installed"),
            ("CNI plugins", CniPlugins(facts)),
            ("virtual machines", VirtualMachines(survey.Virtualization)),
        ];
    }

    private static string FreeDisk(MachineSurvey survey) =>
        survey.FreeDiskBytes is { } bytes
            ? $"{bytes >> 20} MB on {survey.FileSystem ?? "an unknown file system"}"
            : "unknown";

    private static string Clock(MachineSurvey survey) =>
        survey.Clock switch
        {
            { IsSynchronised: true, Keeper: var keeper } => $"synchronised{(keeper is null ? "" : $" by {keeper}")}",
            { IsSynchronised: false, Keeper: { } keeper } => $"not synchronised yet by {keeper}",
            { IsSynchronised: false } => "not synchronised",
            _ => "unknown",
        };

    private static string CniPlugins(MachineFacts facts)
    {
        var newest = facts.CniPlugins.FirstOrDefault(plugin => plugin.Versions.Count > 0)?.Versions[^1];
        return !facts.HasCniPlugins ? "not installed"
            : newest is null ? facts.CniPluginDirectory
            : $"{facts.CniPluginDirectory} (up to {newest})";
    }

    /// <summary>Whether they work is only tried where the document wants some.</summary>
    private static string VirtualMachines(VirtualizationFacts facts)
    {
        var processor =
            facts.CpuFlags.Contains("vmx") ? "vmx"
            : facts.CpuFlags.Contains("svm") ? "svm"
            : "no vmx, no svm";
        return facts.Kvm switch
        {
            null => processor,
            KvmAnswer.Works => $"work ({processor}{(facts.AllowsNesting == true ? ", may nest" : "")})",
            var answer => $"do not work: /dev/kvm is {answer.ToString()!.ToLowerInvariant()} ({processor})",
        };
    }

    public static void Show(Screen screen, NodeContext node)
    {
        screen.Line("[bold]machine[/]");
        foreach (var (name, value) in List(node))
        {
            screen.Line($"  {name, -17}{value.EscapeMarkup()}");
        }
    }
}
