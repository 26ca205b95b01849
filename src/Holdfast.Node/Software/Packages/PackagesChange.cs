using Holdfast.Linux;

namespace Holdfast.Node.Software.Packages;

/// <summary>What undo of packages needs.</summary>
/// <param name="Run">Names the record in which apt says what it is about to unpack, in the same run.</param>
/// <param name="Installing">All that apt's own plan installs and that was not installed, dependencies included.</param>
/// <param name="ConfigurationLeft">Those of them that had been removed before and had left their configuration.</param>
internal sealed record PackagesBefore(
    string Run,
    IReadOnlyList<string> Installing,
    IReadOnlyList<string> ConfigurationLeft
);

/// <summary>
/// Packages of the distribution that are installed. What apt's simulation says is the intent; undo purges of it what apt
/// then really unpacked, as far as nothing else needs it.
/// </summary>
internal sealed class PackagesChange : Change<PackagesBefore>
{
    public static ChangeKind<PackagesBefore> PackagesKind { get; } =
        new("apt", SoftwareJson.Default.PackagesBefore, UndoAsync) { StaysUntilUndo = true };

    public PackagesChange(params IReadOnlyList<string> packages)
        : base(
            PackagesKind,
            string.Join(',', packages),
            packages.Count == 1
                ? $"package {packages[0]} is installed"
                : $"packages {string.Join(", ", packages)} are installed"
        )
    {
        Packages = packages;
    }

    /// <summary>What a bundle must have.</summary>
    public IReadOnlyList<string> Packages { get; }

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<PackagesBefore> history,
        CancellationToken cancellationToken
    )
    {
        var missing = await ListMissingAsync(machine, cancellationToken);
        return missing.Count == 0
            ? Inspection.AsWanted($"{string.Join(", ", Packages)} installed")
            : Inspection.Differs($"not installed: {string.Join(", ", missing)}");
    }

    /// <summary>Waits until no other package manager works, since what it brings is not ours.</summary>
    public override async Task<PackagesBefore> RememberAsync(
        Machine machine,
        History<PackagesBefore> history,
        CancellationToken cancellationToken
    )
    {
        var missing = await ListMissingAsync(machine, cancellationToken);
        var installing = await AptGet.PlanAsync(machine, missing, cancellationToken);
        var left = await Dpkg.ListConfigurationLeftAsync(machine, cancellationToken);
        return new PackagesBefore(
            $"{machine.Time.GetUtcNow():yyyyMMdd'T'HHmmssfffffff}",
            installing,
            [.. installing.Where(left.Contains)]
        );
    }

    public override async Task DoAsync(
        Machine machine,
        History<PackagesBefore> history,
        CancellationToken cancellationToken
    )
    {
        var missing = await ListMissingAsync(machine, cancellationToken);
        if (missing.Count > 0)
        {
            var record = AptRecord.PathOf(machine.Paths, history.Last.Run);
            await AptGet.InstallAsync(machine, missing, record, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> ListMissingAsync(Machine machine, CancellationToken cancellationToken)
    {
        var installed = await Dpkg.ListInstalledAsync(machine, Packages, cancellationToken);
        return [.. Packages.Where(package => !installed.Contains(package))];
    }

    private static async Task<string?> UndoAsync(
        Machine machine,
        History<PackagesBefore> history,
        CancellationToken cancellationToken
    )
    {
        var ours = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in history.TakenBack)
        {
            var unpacked = await AptRecord.ReadAsync(machine.Paths, record.Run, cancellationToken);
            ours.UnionWith(record.Installing.Where(name => unpacked.Contains(AptRecord.PlainName(name))));
        }

        var (installed, left) = await Dpkg.ListAsync(machine, cancellationToken);
        var before = history.TakenBack.SelectMany(record => record.ConfigurationLeft).ToHashSet(StringComparer.Ordinal);
        ours.RemoveWhere(name => !installed.Contains(name) && (before.Contains(name) || !left.Contains(name)));
        var kept =
            ours.Count == 0
                ? []
                : await AptGet.RemoveAsync(machine, ours, ours.Except(before).ToHashSet(), cancellationToken);
        foreach (var record in history.TakenBack)
        {
            File.Delete(AptRecord.PathOf(machine.Paths, record.Run));
        }

        return kept.Count == 0
            ? null
            : $"packages that others need by now stay installed: {string.Join(", ", kept.Order(StringComparer.Ordinal))}";
    }
}
