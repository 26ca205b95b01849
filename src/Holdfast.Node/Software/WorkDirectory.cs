using System.Security.Cryptography;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// A directory for the temporary files of one command, removed with them when disposed. Only its owner can enter it: root
/// reads, and makes programs of, what lies there. For one caller at a time.
/// </summary>
internal sealed class WorkDirectory : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Bytes of a name that nobody can guess, and so nobody can have made before.</summary>
    private const int NameLength = 16;

    private WorkDirectory(string path)
    {
        Path = Directory.CreateDirectory(path, Mode).FullName;
    }

    public string Path { get; }

    /// <summary>The node's own, <c>/var/lib/holdfast/staging</c>: for the holder of the journal. What a crash left there goes.</summary>
    public static WorkDirectory Of(NodePaths paths)
    {
        Remove(paths.StagingDirectory);
        return new WorkDirectory(paths.StagingDirectory);
    }

    /// <summary>Beside a file that will be made of its content, so that renaming it there is one step.</summary>
    public static WorkDirectory Beside(string path) =>
        new(
            $"{System.IO.Path.GetFullPath(path)}.{RandomNumberGenerator.GetHexString(NameLength, lowercase: true)}.work"
        );

    public void Dispose() => Remove(Path);

    /// <summary>A link is removed, not followed.</summary>
    private static void Remove(string path)
    {
        switch (FileStatus.Read(path, followLink: false)?.Kind)
        {
            case null:
                return;
            case FileKind.Directory:
                Directory.Delete(path, recursive: true);
                return;
            default:
                File.Delete(path);
                return;
        }
    }
}
