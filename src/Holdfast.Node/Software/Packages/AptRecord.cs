using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Packages;

/// <summary>
/// What one run of apt was about to unpack, written by apt itself while it holds its lock and before dpkg changes anything
/// (<c>DPkg::Pre-Install-Pkgs</c>). A package that someone else installed between the plan and the run is not in it, and
/// neither is anything when apt never began.
/// </summary>
internal static class AptRecord
{
    public static string PathOf(NodePaths paths, string run) =>
        Path.Join(paths.ChangesDirectory, ChangeJournal.OriginalsDirectory, $"apt-{run}");

    /// <summary>apt gives the names of the files on standard input, one a line.</summary>
    public static IReadOnlyList<string> Options(string record)
    {
        Directory.CreateDirectory(
            Path.GetDirectoryName(record)!,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        return ["-o", $"DPkg::Pre-Install-Pkgs::=cat >>'{record}' && sync '{record}'"];
    }

    /// <summary>Names without the architecture, from lines such as <c>/var/cache/apt/archives/libc6_2.36-9_amd64.deb</c>.</summary>
    public static async Task<IReadOnlySet<string>> ReadAsync(
        NodePaths paths,
        string run,
        CancellationToken cancellationToken
    ) =>
        File.Exists(PathOf(paths, run))
            ? (await File.ReadAllLinesAsync(PathOf(paths, run), cancellationToken))
                .Select(line => Path.GetFileName(line).Split('_')[0])
                .ToHashSet(StringComparer.Ordinal)
            : new HashSet<string>();

    /// <summary>Without <c>:arch</c>.</summary>
    public static string PlainName(string name) => name.Split(':')[0];
}
