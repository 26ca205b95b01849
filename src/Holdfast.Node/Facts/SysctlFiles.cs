using Holdfast.Linux;

namespace Holdfast.Node.Facts;

/// <summary>One assignment in a file of kernel parameters.</summary>
/// <param name="File">The file that really holds it: where a link leads to.</param>
/// <param name="Line">From 1.</param>
/// <param name="Parameter">Path below <c>/proc/sys</c>; may be a pattern.</param>
/// <param name="IsAfterOurs">Whether the file is applied after Holdfast's, be that there or not.</param>
public sealed record SysctlSetting(string File, int Line, string Parameter, string Value, bool IsAfterOurs);

/// <summary>What the files of kernel parameters say, in the order in which they are applied.</summary>
/// <param name="AtBoot">As systemd-sysctl does: the directories, by file name.</param>
/// <param name="ByProcps">As <c>sysctl --system</c> does: the same, and <c>/etc/sysctl.conf</c> last of all.</param>
public sealed record SysctlFiles(IReadOnlyList<SysctlSetting> AtBoot, IReadOnlyList<SysctlSetting> ByProcps)
{
    /// <summary>Sorts after <c>99-sysctl.conf</c>, which is <c>/etc/sysctl.conf</c>: the last word at boot.</summary>
    public const string OwnFile = "/etc/sysctl.d/99-zz-holdfast.conf";

    /// <summary>Read by procps always; by systemd only where a link in sysctl.d leads to it.</summary>
    private const string LastOfProcps = "/etc/sysctl.conf";

    /// <summary>A file hides those of the same name in the directories after its own (sysctl.d(5)).</summary>
    private static readonly string[] Directories =
    [
        "/etc/sysctl.d",
        "/run/sysctl.d",
        "/usr/local/lib/sysctl.d",
        "/usr/lib/sysctl.d",
        "/lib/sysctl.d",
    ];

    public static SysctlFiles None { get; } = new([], []);

    public static async Task<SysctlFiles> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var settings = new List<SysctlSetting>();
        foreach (var file in ListFiles(machine))
        {
            var isAfterOurs = string.CompareOrdinal(Path.GetFileName(file), Path.GetFileName(OwnFile)) > 0;
            settings.AddRange(await ReadFileAsync(machine, file, isAfterOurs, cancellationToken));
        }

        var last = await ReadFileAsync(machine, LastOfProcps, isAfterOurs: true, cancellationToken);
        return new SysctlFiles(settings, [.. settings, .. last]);
    }

    /// <summary>
    /// The setting after <see cref="OwnFile"/> that wins over it for this parameter and says something else, in either
    /// order; null when ours holds. A pattern never wins over a parameter's own name.
    ///</summary>
    public SysctlSetting? FindOverride(string name, string value) =>
        new[] { AtBoot, ByProcps }
            .Select(order => order.LastOrDefault(setting => setting.Parameter == Sysctl.ToPath(name)))
            .FirstOrDefault(last =>
                last is { IsAfterOurs: true } && Sysctl.Normalize(last.Value) != Sysctl.Normalize(value)
            );

    private static IEnumerable<string> ListFiles(Machine machine)
    {
        var byName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var directory in Directories.Where(directory => Directory.Exists(machine.At(directory))))
        {
            foreach (var file in Directory.EnumerateFiles(machine.At(directory), "*.conf"))
            {
                byName.TryAdd(Path.GetFileName(file), $"{directory}/{Path.GetFileName(file)}");
            }
        }

        return byName.Values;
    }

    private static async Task<IReadOnlyList<SysctlSetting>> ReadFileAsync(
        Machine machine,
        string file,
        bool isAfterOurs,
        CancellationToken cancellationToken
    )
    {
        var real = Resolve(machine, file);
        return real == "/dev/null" || await machine.ReadTextAsync(real, cancellationToken) is not { } text
            ? []
            : [.. Parse(real, text, isAfterOurs)];
    }

    /// <summary>One step is enough: distributions link <c>99-sysctl.conf</c> to <c>../sysctl.conf</c>, masks to <c>/dev/null</c>.</summary>
    private static string Resolve(Machine machine, string file) =>
        new FileInfo(machine.At(file)).LinkTarget is not { } target
            ? file
            : Path.GetFullPath(target, Path.GetDirectoryName(file)!);

    /// <summary>Lines are <c>key = value</c>; <c>-key</c> means: do not mind when it cannot be set (sysctl.d(5)).</summary>
    private static IEnumerable<SysctlSetting> Parse(string file, string text, bool isAfterOurs)
    {
        foreach (var (index, line) in text.Split('\n').Index())
        {
            var trimmed = line.Trim();
            var equals = trimmed.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || trimmed[0] is '#' or ';')
            {
                continue;
            }

            var key = trimmed[..equals].Trim().TrimStart('-');
            yield return new SysctlSetting(
                file,
                index + 1,
                Sysctl.ToPath(key),
                trimmed[(equals + 1)..].Trim(),
                isAfterOurs
            );
        }
    }
}
