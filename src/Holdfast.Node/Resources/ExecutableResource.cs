using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>A program copied to its place (0755, root). It may be running there: the running one is not disturbed.</summary>
internal sealed class ExecutableResource : IResource
{
    private const UnixFileMode Mode =
        AtomicFile.DefaultMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Bytes compared at a time.</summary>
    private const int BlockLength = 128 * 1024;

    private readonly string source;
    private readonly string path;

    /// <param name="source">A real path of this machine, not looked for below the root of <see cref="Machine"/>.</param>
    public ExecutableResource(string source, string path)
    {
        this.source = source;
        this.path = path;
    }

    public string Kind => FileResource.WholeKind;

    public string Id => $"{Kind}:{path}";

    public string Title => $"{path} is this program";

    public string? Why { get; init; }

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (machine.Status(path) is not { } status)
        {
            return Inspection.Differs($"{path} does not exist");
        }

        if (!await HasSameContentAsync(source, machine.At(path), cancellationToken))
        {
            return Inspection.Differs($"{path} is another version");
        }

        return status.Mode == Mode
            ? Inspection.AsWanted($"{path} is this version")
            : Inspection.Differs($"{path} is not executable by everybody");
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        FileOriginal.RecordAsync(machine, path, cancellationToken);

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        new JsonObject { ["sha256"] = await FileOriginal.HashAsync(source, cancellationToken) };

    public Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(machine.At(path))!);
        return AtomicFile.CopyAsync(source, machine.At(path), Mode, cancellationToken: cancellationToken);
    }

    private static async Task<bool> HasSameContentAsync(string left, string right, CancellationToken cancellationToken)
    {
        if (new FileInfo(left).Length != new FileInfo(right).Length)
        {
            return false;
        }

        using var a = File.OpenHandle(
            left,
            options: FileOptions.SequentialScan,
            share: FileShare.ReadWrite | FileShare.Delete
        );
        using var b = File.OpenHandle(
            right,
            options: FileOptions.SequentialScan,
            share: FileShare.ReadWrite | FileShare.Delete
        );
        var first = new byte[BlockLength];
        var second = new byte[BlockLength];
        long offset = 0;
        while (true)
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
}
