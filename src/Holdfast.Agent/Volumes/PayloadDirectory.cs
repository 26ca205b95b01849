using System.Globalization;
using Holdfast.Linux;

namespace Holdfast.Agent.Volumes;

/// <summary>
/// Files that a container sees change all at once: they lie in a directory named after the moment they were written,
/// <c>..data</c> is a link to it, and each name in the volume is a link through <c>..data</c>. The kubelet's layout, on
/// which programs that watch their configuration rely. One writer per directory.
/// </summary>
internal static class PayloadDirectory
{
    private const string Data = "..data";
    private const string NewData = "..data_tmp";
    private const UnixFileMode DirectoryMode = (UnixFileMode)0x1ED; // 0755

    /// <returns>Whether anything had to be changed.</returns>
    public static bool Write(string directory, IReadOnlyList<PayloadFile> files, uint? group, DateTimeOffset now)
    {
        Directory.CreateDirectory(directory);
        var data = Path.Join(directory, Data);
        var current = new DirectoryInfo(data).LinkTarget;
        if (current is not null && IsSame(Path.Join(directory, current), files))
        {
            return false;
        }

        var name = NewName(directory, now);
        var fresh = Path.Join(directory, name);
        WriteFiles(fresh, files, group);

        AtomicLink.Replace(data, name, Path.Join(directory, NewData));
        LinkNames(directory, files);
        if (current is not null)
        {
            Directory.Delete(Path.Join(directory, current), recursive: true);
        }

        return true;
    }

    private static bool IsSame(string directory, IReadOnlyList<PayloadFile> files)
    {
        if (!Directory.Exists(directory))
        {
            return false;
        }

        var present = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).ToArray();
        return present.Length == files.Count && files.All(f => IsSameFile(Path.Join(directory, f.Path), f));
    }

    private static bool IsSameFile(string path, PayloadFile file)
    {
        var info = new FileInfo(path);
        return info.Exists
            && info.Length == file.Content.Length
            && (info.UnixFileMode & ~UnixFileMode.GroupRead) == (file.Mode & ~UnixFileMode.GroupRead)
            && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Content);
    }

    private static string NewName(string directory, DateTimeOffset now)
    {
        var stamp = now.UtcDateTime.ToString("yyyy_MM_dd_HH_mm_ss", CultureInfo.InvariantCulture);
        for (var n = 0; ; n++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"..{stamp}.{n:d9}");
            if (!Directory.Exists(Path.Join(directory, name)))
            {
                return name;
            }
        }
    }

    private static void WriteFiles(string directory, IReadOnlyList<PayloadFile> files, uint? group)
    {
        Directory.CreateDirectory(directory, DirectoryMode);
        foreach (var file in files)
        {
            var path = Path.Join(directory, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, DirectoryMode);
            using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(file.Content);
            }

            File.SetUnixFileMode(path, group is null ? file.Mode : file.Mode | UnixFileMode.GroupRead);
            if (group is { } gid)
            {
                FileOwner.Set(path, new FileOwner(0, gid));
            }
        }
    }

    private static void LinkNames(string directory, IReadOnlyList<PayloadFile> files)
    {
        var wanted = files.Select(f => f.Path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in wanted)
        {
            var link = new FileInfo(Path.Join(directory, name));
            if (link.LinkTarget is null)
            {
                File.CreateSymbolicLink(link.FullName, Path.Join(Data, name));
            }
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(directory))
        {
            var name = Path.GetFileName(entry);
            if (!name.StartsWith("..", StringComparison.Ordinal) && !wanted.Contains(name))
            {
                File.Delete(entry);
            }
        }
    }
}
