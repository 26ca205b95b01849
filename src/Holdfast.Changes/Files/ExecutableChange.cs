using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <summary>A program copied to its place (0755, root). It may be running there: the running one is not disturbed.</summary>
public sealed class ExecutableChange : SimpleChange<FileRecord>
{
    private const UnixFileMode Mode =
        AtomicFile.DefaultMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Bytes compared at a time.</summary>
    private const int BlockLength = 128 * 1024;

    private readonly string source;

    /// <param name="source">A real path of this machine, not looked for below the root of <see cref="Machine"/>.</param>
    public ExecutableChange(string source, string path)
        : base(FileChange.WholeKind, path, $"{path} is this program")
    {
        this.source = source;
    }

    public override async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (machine.Status(Subject) is not { } status)
        {
            return Inspection.Differs($"{Subject} does not exist");
        }

        if (!await HasSameContentAsync(source, machine.At(Subject), cancellationToken))
        {
            return Inspection.Differs($"{Subject} is another version");
        }

        return status.Mode == Mode
            ? Inspection.AsWanted($"{Subject} is this version")
            : Inspection.Differs($"{Subject} is not executable by everyone");
    }

    public override async Task<FileRecord> RememberAsync(Machine machine, CancellationToken cancellationToken)
    {
        var before = await FileSnapshot.TakeAsync(machine, Subject, hasSecrets: false, cancellationToken);
        var hash = await FileSnapshot.HashAsync(source, cancellationToken);
        return hash is not null
            ? new FileRecord(before, hash)
            : throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot copy {source}: it is gone; run the same command again"
            );
    }

    public override Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(machine.At(Subject))!);
        return AtomicFile.CopyAsync(source, machine.At(Subject), Mode, cancellationToken: cancellationToken);
    }

    private static async Task<bool> HasSameContentAsync(string left, string right, CancellationToken cancellationToken)
    {
        if (new FileInfo(left).Length != new FileInfo(right).Length)
        {
            return false;
        }

        using var a = OpenShared(left);
        using var b = OpenShared(right);
        var first = new byte[BlockLength];
        var second = new byte[BlockLength];
        for (long offset = 0; ; )
        {
            var read = await RandomAccess.ReadAsync(a, first, offset, cancellationToken);
            var other = await RandomAccess.ReadAsync(b, second, offset, cancellationToken);
            if (read != other || !first.AsSpan(0, read).SequenceEqual(second.AsSpan(0, other)))
            {
                return false;
            }

            if (read == 0)
            {
                return true;
            }

            offset += read;
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle OpenShared(string path) =>
        File.OpenHandle(path, options: FileOptions.SequentialScan, share: FileShare.ReadWrite | FileShare.Delete);
}
