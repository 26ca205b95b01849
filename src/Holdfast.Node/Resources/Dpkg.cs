using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>The packages of the machine at one moment, by name (with <c>:arch</c> where it is a foreign one). Immutable.</summary>
/// <param name="ConfigurationLeft">Removed, but their configuration files are still there.</param>
internal sealed record PackageList(IReadOnlySet<string> Installed, IReadOnlySet<string> ConfigurationLeft)
{
    /// <summary>Every package that left something on the machine.</summary>
    public IReadOnlySet<string> Known { get; } = Installed.Union(ConfigurationLeft).ToHashSet();
}

/// <summary>Asks dpkg's database. Stateless.</summary>
internal static class Dpkg
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static async Task<PackageList> ListAsync(Machine machine, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(machine, [], cancellationToken);
        return new PackageList(
            rows.Where(row => IsInstalled(row.Status)).Select(row => row.Name).ToHashSet(),
            rows.Where(row => row.Status.EndsWith("config-files", StringComparison.Ordinal))
                .Select(row => row.Name)
                .ToHashSet()
        );
    }

    /// <summary>Which of the named packages are completely installed.</summary>
    public static async Task<IReadOnlySet<string>> ListInstalledAsync(
        Machine machine,
        IReadOnlyList<string> packages,
        CancellationToken cancellationToken
    )
    {
        var rows = await QueryAsync(machine, packages, cancellationToken);
        return rows.Where(row => row.Status.EndsWith(" ok installed", StringComparison.Ordinal))
            .Select(row => row.Name)
            .ToHashSet();
    }

    /// <summary>Half-installed and half-configured ones count: an install that was killed left them, and undo must see them.</summary>
    private static bool IsInstalled(string status) =>
        !status.EndsWith("not-installed", StringComparison.Ordinal)
        && !status.EndsWith("config-files", StringComparison.Ordinal);

    private static async Task<IReadOnlyList<(string Name, string Status)>> QueryAsync(
        Machine machine,
        IReadOnlyList<string> packages,
        CancellationToken cancellationToken
    )
    {
        ChildResult result;
        try
        {
            result = await machine.RunAsync(
                new ChildCommand(
                    "dpkg-query",
                    ["--show", "--showformat=${binary:Package}\\t${Package}\\t${Status}\\n", .. packages]
                ),
                Timeout,
                cancellationToken
            );
        }
        catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                "cannot look at the installed packages: dpkg is not there; this machine has no apt, so install the "
                    + "runtime yourself and say install: { present: {} } in the node document",
                missing
            );
        }

        // Exit code 1 only says that some of the named packages are unknown. A package of the machine's own
        // architecture is asked for by its plain name and may be listed as name:arch (Multi-Arch: same).
        return result
            .StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .Where(fields => fields.Length == 3)
            .Select(fields => (Name: packages.Contains(fields[1]) ? fields[1] : fields[0], Status: fields[2]))
            .ToArray();
    }
}
