using System.Runtime.InteropServices;
using Holdfast.Linux;
using Holdfast.Node.Programs;
using Holdfast.Node.Software;

namespace Holdfast.Node.Facts;

/// <summary>What components decide on: read once, before the plan. Safe from any thread.</summary>
public sealed record MachineFacts
{
    /// <summary>Where Debian's package puts the CNI plugins.</summary>
    public const string PackagedCniDirectory = "/usr/lib/cni";

    /// <summary>As Kubernetes names it: <c>amd64</c>, <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>See <see cref="OsRelease.Release"/>.</summary>
    public string Release { get; init; } = OsRelease.Unknown.Release;

    public required CgroupMode Cgroups { get; init; }

    /// <summary>Whether PID 1 is systemd, not merely whether systemctl is installed.</summary>
    public required bool IsSystemd { get; init; }

    /// <summary>What any process of this machine, however privileged, can have; all where the kernel does not say.</summary>
    public Capabilities CapabilityBounds { get; init; } = Capabilities.All;

    /// <summary>Without it runc cannot lower oom_score_adj, and containerd needs <c>restrict_oom_score_adj = true</c>.</summary>
    public bool HasSysResource => CapabilityBounds.Has(Capability.SysResource);

    /// <summary>Units of systemd that would bring swap back, masked or not; empty where PID 1 is not systemd.</summary>
    public IReadOnlyList<string> SwapUnits { get; init; } = [];

    /// <summary>Files of kernel parameters, Holdfast's among them.</summary>
    public SysctlFiles SysctlFiles { get; init; } = SysctlFiles.None;

    /// <summary>For example <c>1.6.20</c>; null when containerd is not installed or could not be asked.</summary>
    public string? ContainerdVersion { get; init; }

    /// <summary>Why a containerd that is installed could not be asked for its version; null when it could.</summary>
    public string? ContainerdProblem { get; init; }

    /// <summary>Path of the containerd that a shell would start; null when there is none.</summary>
    public string? ContainerdProgram { get; init; }

    /// <summary>
    /// Path of a runc that stays whatever becomes of containerd's archive, which may have brought another; null when there is
    /// none.
    /// </summary>
    public string? RuncProgram { get; init; }

    /// <summary>Whether images can be copied into the storage of CRI-O.</summary>
    public bool HasSkopeo { get; init; }

    /// <summary>Where the CNI plugins are or, when none are installed, where the package will put them.</summary>
    public required string CniPluginDirectory { get; init; }

    public bool HasCniPlugins { get; init; }

    /// <summary>Those that the network needs and that are there.</summary>
    public IReadOnlyList<CniPlugin> CniPlugins { get; init; } = [];

    /// <summary>Whether the program is there by which plugins masquerade and map ports.</summary>
    public bool HasIptables { get; init; }

    /// <summary>Whether packages come from apt.</summary>
    public bool HasApt { get; init; }

    /// <summary>What could not be read: the plan would rest on a guess.</summary>
    public IReadOnlyList<UnreadFact> Unread { get; init; } = [];

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
        // Programs first: they run while this process reads files.
        var reader = new FactReader(machine, cancellationToken);
        var containerd = reader.ReadAsync("containerd", (null, null), AskContainerdAsync);
        var pluginDirectory = CniDirectories.FirstOrDefault(directory => machine.Exists($"{directory}/bridge"));
        var plugins = reader.ReadAsync(
            "CNI plugins",
            [],
            (_, _) => CniPlugin.AskAllAsync(machine, pluginDirectory ?? PackagedCniDirectory, cancellationToken)
        );
        var isSystemd = machine.Services is SystemdServices || SystemdServices.IsInit(machine.FilesRoot);
        var facts = new MachineFacts
        {
            Architecture = OwnArchitecture,
            Release = (await reader.ReadAsync("the distribution", OsRelease.Unknown, OsRelease.ReadAsync)).Release,
            Cgroups = await reader.ReadAsync(
                "control groups",
                CgroupMode.V1,
                here => Linux.Cgroups.Read(here.FilesRoot).Mode
            ),
            IsSystemd = isSystemd,
            CapabilityBounds = await reader.ReadAsync(
                "capabilities",
                Capabilities.All,
                here => Capabilities.ReadBounding(here.FilesRoot) ?? Capabilities.All
            ),
            SwapUnits = isSystemd ? await reader.ReadAsync("swap units", [], Facts.SwapUnits.ReadAsync) : [],
            SysctlFiles = await reader.ReadAsync("files of kernel parameters", SysctlFiles.None, SysctlFiles.ReadAsync),
            CniPluginDirectory = pluginDirectory ?? PackagedCniDirectory,
            HasCniPlugins = pluginDirectory is not null,
            CniPlugins = await plugins,
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

    /// <summary>One that cannot run (of another architecture, without its libraries, on a slow card) is a finding, no failure.</summary>
    private static async Task<(string? Version, string? Problem)> AskContainerdAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var answer = await AskablePrograms.ContainerdVersion.AskAsync(machine, cancellationToken);
        return answer.Outcome == ProgramOutcome.Missing ? (null, null)
            : !answer.IsAnswered ? (null, answer.Problem)
            // Without the suffix of a release in the making.
            : answer.Version is { } version ? (version.Text.Split('-')[0], null)
            : (null, $"\"{AskablePrograms.ContainerdVersion}\" prints no version");
    }
}
