namespace Holdfast.Node.Facts;

/// <summary>
/// Units of systemd that bring swap back: swap units, be they written by hand or by a generator (zram-generator, swap
/// partitions found by their type), and the services of packages that make swap. Read from the unit directories alone,
/// since asking systemctl would take longer than everything else. Stateless.
/// </summary>
internal static class SwapStarters
{
    /// <summary>Where masks lie, and where units of the machine's owner do.</summary>
    public const string OwnUnits = "/etc/systemd/system";

    private static readonly string[] UnitDirectories =
    [
        OwnUnits,
        "/run/systemd/system",
        "/run/systemd/generator",
        "/run/systemd/generator.early",
        "/run/systemd/generator.late",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ];

    /// <summary>zram-tools, Ubuntu's zram-config, Armbian's, Raspberry Pi OS's swap file, swapspace.</summary>
    private static readonly string[] Services =
    [
        "zramswap.service",
        "zram-config.service",
        "armbian-zram-config.service",
        "dphys-swapfile.service",
        "rpi-zram-writeback.timer",
        "swapspace.service",
    ];

    /// <summary>
    /// Names of all of them, the masked ones included: what we masked must go on being wanted, or the next plan would
    /// take it back.
    /// </summary>
    public static IReadOnlyList<string> List(Machine machine)
    {
        var units = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var directory in UnitDirectories.Select(machine.At).Where(Directory.Exists))
        {
            units.UnionWith(
                Directory
                    .EnumerateFileSystemEntries(directory, "*.swap")
                    .Where(file => !ComesFromFstab(file))
                    .Select(file => Path.GetFileName(file))
            );
            units.UnionWith(
                Services.Where(service => Path.Exists(Path.Join(directory, service)) || IsLink(directory, service))
            );
        }

        return [.. units];
    }

    /// <summary>A mask leads to /dev/null, which a machine in a directory need not have.</summary>
    private static bool IsLink(string directory, string unit) =>
        new FileInfo(Path.Join(directory, unit)).LinkTarget is not null;

    /// <summary>Those vanish with their line of fstab, which has a step of its own.</summary>
    private static bool ComesFromFstab(string file) =>
        file.Contains("/systemd/generator", StringComparison.Ordinal)
        && File.Exists(file)
        && File.ReadLines(file).Any(line => line.Trim() == "SourcePath=/etc/fstab");
}
