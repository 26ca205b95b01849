using System.Runtime.InteropServices;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Packages;

/// <summary>The packages of the machine at one moment, by name (with <c>:arch</c> where it is a foreign one).</summary>
/// <param name="ConfigurationLeft">Removed, but their configuration files are still there.</param>
internal sealed record PackageList(IReadOnlySet<string> Installed, IReadOnlySet<string> ConfigurationLeft);

/// <summary>Asks dpkg's database.</summary>
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

    public static async Task<IReadOnlySet<string>> ListConfigurationLeftAsync(
        Machine machine,
        CancellationToken cancellationToken
    ) => (await ListAsync(machine, cancellationToken)).ConfigurationLeft;

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

        // Exit code 1 only says that some of the named packages are unknown. apt names a package of the machine's own
        // architecture plainly, dpkg some of them as name:arch (Multi-Arch: same).
        var own = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? ":arm64" : ":amd64";
        return result
            .StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .Where(fields => fields.Length == 3)
            .Select(fields =>
                (Name: fields[0].EndsWith(own, StringComparison.Ordinal) ? fields[1] : fields[0], Status: fields[2])
            )
            .ToArray();
    }
}
