using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Agent.Volumes;

/// <summary>Makes or checks what a hostPath volume says must be there. Stateless.</summary>
internal static class HostPathCheck
{
    private const UnixFileMode DirectoryMode = (UnixFileMode)0x1ED; // 0755
    private const UnixFileMode FileMode = (UnixFileMode)0x1A4; // 0644

    /// <exception cref="AgentException">FailedMount: the path is not what the volume's type says.</exception>
    public static void Ensure(string volume, HostPathVolumeSource source)
    {
        var path = source.Path;
        switch (source.Type)
        {
            case null or "":
                return;
            case "DirectoryOrCreate":
                Directory.CreateDirectory(path, DirectoryMode);
                Require(volume, path, FileKind.Directory, "a directory");
                return;
            case "FileOrCreate":
                CreateFile(volume, path);
                Require(volume, path, FileKind.Regular, "a file");
                return;
            case "Directory":
                Require(volume, path, FileKind.Directory, "a directory");
                return;
            case "File":
                Require(volume, path, FileKind.Regular, "a file");
                return;
            case "Socket":
                Require(volume, path, FileKind.Socket, "a socket");
                return;
            case "CharDevice":
                Require(volume, path, FileKind.CharacterDevice, "a character device");
                return;
            case "BlockDevice":
                Require(volume, path, FileKind.BlockDevice, "a block device");
                return;
            default:
                throw Cannot(volume, $"hostPath type {source.Type} is not known");
        }
    }

    private static void CreateFile(string volume, string path)
    {
        try
        {
            using var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = System.IO.FileMode.OpenOrCreate,
                    Access = FileAccess.Write,
                    UnixCreateMode = FileMode,
                }
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Cannot(volume, $"hostPath {path}: {e.Message}");
        }
    }

    private static void Require(string volume, string path, FileKind kind, string what)
    {
        var status = FileStatus.Read(path);
        if (status is null)
        {
            throw Cannot(volume, $"hostPath {path} does not exist");
        }

        if (status.Kind != kind)
        {
            throw Cannot(volume, $"hostPath {path} is not {what}");
        }
    }

    private static AgentException Cannot(string volume, string cause) =>
        new(AgentReason.FailedMount, $"cannot mount volume \"{volume}\": {cause}");
}
