using System.Text;

namespace Holdfast.Node.Facts;

/// <summary>
/// Units of systemd that bring swap back: swap units, be they written by hand or by a generator (fstab's, zram-generator,
/// swap partitions found by their type), and the services of packages that make swap. Read from the unit directories alone,
/// since asking systemctl would take longer than everything else.
/// </summary>
internal static class SwapUnits
{
    private static readonly string[] UnitDirectories =
    [
        SystemdServices.OwnUnits,
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

    public static async Task<IReadOnlyList<string>> ReadAsync(Machine machine, CancellationToken cancellationToken) =>
        List(machine, (await ActiveSwap.ReadAsync(machine, cancellationToken)).Select(swap => swap.Device));

    /// <summary>
    /// Names of all of them, the masked ones included: what we masked must go on being wanted, or the next plan would
    /// take it back.
    ///</summary>
    /// <param name="devices">What is swapped to now. systemd finds a partition by its type, and makes a unit of it, as soon as
    /// no line of fstab is about swap any more: there is no file of that unit yet.</param>
    public static IReadOnlyList<string> List(Machine machine, IEnumerable<string> devices)
    {
        var units = new SortedSet<string>(devices.Where(IsPartition).Select(NameOf), StringComparer.Ordinal);
        foreach (var directory in UnitDirectories.Select(machine.At).Where(Directory.Exists))
        {
            units.UnionWith(
                Directory.EnumerateFileSystemEntries(directory, "*.swap").Select(file => Path.GetFileName(file))
            );
            units.UnionWith(
                Services.Where(service => Path.Exists(Path.Join(directory, service)) || IsLink(directory, service))
            );
        }

        return [.. units];
    }

    /// <summary>systemd does not discover swap files and zram devices by itself.</summary>
    private static bool IsPartition(string device) =>
        device.StartsWith("/dev/", StringComparison.Ordinal)
        && !device.StartsWith("/dev/zram", StringComparison.Ordinal);

    /// <summary>As <c>systemd-escape --path --suffix=swap</c>.</summary>
    private static string NameOf(string device) =>
        string.Concat(Encoding.UTF8.GetBytes(device.Trim('/')).Select(letter => Escape((char)letter))) + ".swap";

    private static string Escape(char letter) =>
        letter == '/' ? "-"
        : char.IsAsciiLetterOrDigit(letter) || letter is ':' or '_' or '.' ? $"{letter}"
        : $"\\x{(int)letter:x2}";

    /// <summary>A mask leads to /dev/null, which a machine in a directory need not have.</summary>
    private static bool IsLink(string directory, string unit) =>
        new FileInfo(Path.Join(directory, unit)).LinkTarget is not null;
}
