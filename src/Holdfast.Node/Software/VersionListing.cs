using System.Text.Json;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// What a version's directory had when it was installed, so that a look at the machine needs neither the archive nor the
/// content of the files. It lies beside the directory and is written last: without it the installation is not complete.
/// </summary>
/// <param name="Sha256">Of the archive.</param>
/// <param name="Entries">By paths below the directory: kind, mode, length and time in seconds of a file, or target of a link.</param>
internal sealed record VersionListing(string Sha256, IReadOnlyDictionary<string, string> Entries)
{
    public static string PathOf(string version) => version + ".json";

    /// <summary>Null when there is none that can be read: then the version is installed anew.</summary>
    public static async Task<VersionListing?> ReadAsync(
        Machine machine,
        string version,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await machine.ReadBytesAsync(PathOf(version), cancellationToken) is { } bytes
                ? JsonSerializer.Deserialize(bytes, SoftwareJson.Default.VersionListing)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static VersionListing Of(string sha256, string directory) =>
        new(sha256, List(directory).ToDictionary(entry => entry.Path, entry => entry.Mark));

    public async Task WriteAsync(Machine machine, string version, CancellationToken cancellationToken) =>
        await AtomicFile.WriteAsync(
            machine.At(PathOf(version)),
            JsonSerializer.SerializeToUtf8Bytes(this, SoftwareJson.Default.VersionListing),
            cancellationToken: cancellationToken
        );

    /// <summary>The first path that is missing or another than it was; null when all is as it was.</summary>
    public string? FindDifference(Machine machine, string version)
    {
        var directory = machine.At(version);
        foreach (var (path, mark) in Entries)
        {
            if (MarkOf(Path.Join(directory, path)) != mark)
            {
                return $"{version}/{path}";
            }
        }

        return null;
    }

    /// <summary>Files that someone changed, or put there, since the installation; paths of the machine.</summary>
    public IEnumerable<string> ListForeign(Machine machine, string version) =>
        Directory.Exists(machine.At(version))
            ? List(machine.At(version))
                .Where(entry =>
                    FileStatus.Read(Path.Join(machine.At(version), entry.Path), false)?.Kind == FileKind.Regular
                )
                .Where(entry => !Entries.TryGetValue(entry.Path, out var mark) || HasOtherContent(entry.Mark, mark))
                .Select(entry => $"{version}/{entry.Path}")
            : [];

    /// <summary>Kind, mode, length and time; only the last two tell of another content.</summary>
    private static bool HasOtherContent(string now, string before) =>
        now.Split(' ')[2..] is var content && !content.SequenceEqual(before.Split(' ')[2..]);

    private static IEnumerable<(string Path, string Mark)> List(string directory) =>
        Directory
            .EnumerateFileSystemEntries(directory, "*", Everything)
            .Select(path => (Path.GetRelativePath(directory, path), MarkOf(path)!))
            .OrderBy(entry => entry.Item1, StringComparer.Ordinal);

    /// <summary>Links to directories are entries, not places to look into.</summary>
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
    };

    private static string? MarkOf(string at) =>
        FileStatus.Read(at, followLink: false) is not { } status
            ? null
            : status.Kind switch
            {
                FileKind.SymbolicLink => $"link 0 {new FileInfo(at).LinkTarget}",
                FileKind.Directory => $"directory {Octal(status)} ",
                FileKind.Regular => $"file {Octal(status)} {status.Length} {status.ModifiedAt.ToUnixTimeSeconds()}",
                _ => "other",
            };

    private static string Octal(FileStatus status) => Convert.ToString((int)status.Mode, 8);
}
