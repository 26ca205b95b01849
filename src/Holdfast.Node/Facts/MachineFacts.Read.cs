using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Holdfast.Linux;
using Holdfast.Node.Programs;
using Holdfast.Node.Software;

namespace Holdfast.Node.Facts;

public sealed partial record MachineFacts
{
    /// <summary>Where each distribution or project puts CNI plugins; the first that has some is used.</summary>
    private static readonly string[] CniDirectories = ["/opt/cni/bin", PackagedCniDirectory, "/usr/libexec/cni"];

    /// <summary>As Kubernetes names it.</summary>
    public static string OwnArchitecture =>
        RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            var other => other.ToString().ToLowerInvariant(),
        };

    /// <summary>Looks at the machine; takes some tens of milliseconds and changes nothing. What cannot be read is in <see cref="Unread"/>.</summary>
    public static async Task<MachineFacts> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        // Programs first: they run while this process reads files. Starting one takes a thread some milliseconds.
        var reader = new FactReader();
        var containerd = Task.Run(() => ReadContainerdVersionAsync(machine, cancellationToken), cancellationToken);
        var pluginDirectory = CniDirectories.FirstOrDefault(directory => machine.Exists($"{directory}/bridge"));
        var plugins = Task.Run(
            () => CniPlugin.AskAllAsync(machine, pluginDirectory ?? PackagedCniDirectory, cancellationToken),
            cancellationToken
        );
        var isSystemd = machine.Services is SystemdServices || ServiceManagers.IsSystemd(machine.FilesRoot);
        var system = await reader.ReadAsync(
            "the distribution",
            OsRelease.Unknown,
            () => OsRelease.ReadAsync(machine, cancellationToken)
        );
        var facts = new MachineFacts
        {
            Architecture = OwnArchitecture,
            Release = system.Release,
            Cgroups = reader.Read("control groups", CgroupMode.V1, () => Linux.Cgroups.Read(machine.FilesRoot).Mode),
            IsSystemd = isSystemd,
            CapabilityBounds = reader.Read(
                "capabilities",
                Capabilities.All,
                () => Capabilities.ReadBounding(machine.FilesRoot) ?? Capabilities.All
            ),
            SwapUnits = isSystemd
                ? await reader.ReadAsync("swap units", [], () => ReadSwapUnitsAsync(machine, cancellationToken))
                : [],
            SysctlFiles = await reader.ReadAsync(
                "files of kernel parameters",
                SysctlFiles.None,
                () => SysctlFiles.ReadAsync(machine, cancellationToken)
            ),
            CniPluginDirectory = pluginDirectory ?? PackagedCniDirectory,
            HasCniPlugins = pluginDirectory is not null,
            CniPlugins = await reader.ReadAsync<IReadOnlyList<CniPlugin>>("CNI plugins", [], async () => await plugins),
            ContainerdProgram = ProgramPath.Find(machine, "containerd"),
            ContainerdVersion = (await containerd).Version,
            ContainerdProblem = (await containerd).Problem,
            RuncProgram = ProgramPath
                .List(machine, "runc")
                .FirstOrDefault(path => !new SoftwareLinks(machine, "containerd").IsOurs(path)),
            HasIptables = ProgramPath.Find(machine, "iptables") is not null,
            HasSkopeo = ProgramPath.Find(machine, "skopeo") is not null,
            HasApt = machine.Exists("/usr/bin/apt-get"),
        };
        return facts with { Unread = reader.Unread };
    }

    private static async Task<IReadOnlyList<string>> ReadSwapUnitsAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var swaps = await ActiveSwap.ReadAsync(machine, cancellationToken);
        return Facts.SwapUnits.List(machine, swaps.Select(swap => swap.Device));
    }

    /// <summary>One that cannot run (of another architecture, without its libraries, on a slow card) is a finding, no failure.</summary>
    private static async Task<(string? Version, string? Problem)> ReadContainerdVersionAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var answer = await AskablePrograms.ContainerdVersion.AskAsync(machine, cancellationToken);
        if (!answer.IsAnswered)
        {
            return (null, answer.Outcome == ProgramOutcome.Missing ? null : answer.Problem);
        }
        var match = VersionPattern().Match(answer.Output);
        return match.Success
            ? (match.Value, null)
            : (null, $"\"{AskablePrograms.ContainerdVersion}\" prints no version");
    }

    /// <summary>Debian's <c>containerd --version</c> says <c>1.6.20~ds1</c>, the project's own <c>v1.7.2</c>.</summary>
    [GeneratedRegex(@"\d+\.\d+\.\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
