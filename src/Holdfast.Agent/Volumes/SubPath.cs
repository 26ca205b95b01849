using Holdfast.Linux;

namespace Holdfast.Agent.Volumes;

/// <summary>
/// A directory or file inside a volume. Every component is looked at without following links that lead out of the
/// volume: a container can write links into a volume that it shares.
/// </summary>
internal static class SubPath
{
    private const int MaxLinks = 40; // MAXSYMLINKS of Linux
    private const UnixFileMode DirectoryMode = (UnixFileMode)0x1E8; // 0750, as the kubelet

    public static string Resolve(string volume, string subPath, Func<string, Exception> cannot)
    {
        var links = 0;
        var remaining = new Stack<string>(Parts(subPath, cannot));
        var path = volume;
        while (remaining.TryPop(out var part))
        {
            var next = Path.Join(path, part);
            var status = FileStatus.Read(next, followLink: false);
            if (status?.Kind != FileKind.SymbolicLink)
            {
                path = next;
                continue;
            }

            var target = new FileInfo(next).LinkTarget!;
            if (++links > MaxLinks || target.StartsWith('/'))
            {
                throw cannot($"subPath \"{subPath}\" is a link out of the volume");
            }

            foreach (var step in Parts(target, cannot))
            {
                remaining.Push(step);
            }
        }

        if (FileStatus.Read(path, followLink: false) is null)
        {
            Directory.CreateDirectory(path, DirectoryMode);
        }

        return path;
    }

    /// <summary>The components in reverse, for a stack.</summary>
    private static IEnumerable<string> Parts(string path, Func<string, Exception> cannot)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").Reverse().ToArray();
        return path.StartsWith('/') || parts.Contains("..")
            ? throw cannot($"subPath \"{path}\" must stay inside the volume")
            : parts;
    }
}
