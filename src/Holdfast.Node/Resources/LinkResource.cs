using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>A symbolic link with the wanted target; a file that is in its place is recorded and comes back with undo.</summary>
internal sealed class LinkResource(string path, string target) : IResource
{
    public const string KindName = "old-link";

    public string Kind => KindName;

    public string Id => $"{Kind}:{path}";

    public string Title { get; init; } = $"{path} leads to {target}";

    public string? Why { get; init; }

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var at = machine.At(path);
        var now = FileStatus.Read(at, followLink: false);
        return Task.FromResult(
            now is null ? Inspection.Differs($"{path} does not exist")
            : now.Kind != FileKind.SymbolicLink ? Inspection.Differs($"{path} is not a link")
            : ReadTarget(at) == target ? Inspection.AsWanted($"{path} leads to {target}")
            : Inspection.Differs($"{path} leads to {ReadTarget(at)}")
        );
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var at = machine.At(path);
        if (FileStatus.Read(at, followLink: false)?.Kind == FileKind.SymbolicLink)
        {
            return new JsonObject { ["path"] = path, ["target"] = ReadTarget(at) };
        }

        return await FileOriginal.RecordAsync(machine, path, cancellationToken);
    }

    public Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult<JsonObject?>(new JsonObject { ["target"] = target });

    public Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        Make(machine.At(path), target);
        return Task.CompletedTask;
    }

    internal static string? ReadTarget(string at) => new FileInfo(at).LinkTarget;

    internal static string TemporaryPath(string at) => at + ".holdfast-new";

    /// <summary>Replaces whatever is there in one step.</summary>
    internal static void Make(string at, string target)
    {
        LinkChange.Make(at, target);
    }
}

/// <summary>Puts back what a link took the place of; a link that somebody else turned elsewhere stays. Stateless.</summary>
internal sealed class LinkUndo : IUndo
{
    public string Kind => LinkResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var path = (string)change.Original["path"]!;
        var at = machine.At(path);
        var temporary = LinkResource.TemporaryPath(at);
        if (FileStatus.Read(temporary, followLink: false) is not null)
        {
            File.Delete(temporary);
        }

        var target = LinkResource.ReadTarget(at);
        if (
            FileStatus.Read(at, followLink: false) is not null
            && change.Intents.All(intent => (string?)intent["target"] != target)
        )
        {
            var isOriginal = target is not null && target == (string?)change.Original["target"];
            return isOriginal || target is null
                ? null
                : $"{path} was turned to {target} after Holdfast made it: it stays so";
        }

        if ((string?)change.Original["target"] is { } original)
        {
            LinkResource.Make(at, original);
            return null;
        }

        // The link itself, not what it leads to, makes room for the original.
        if (target is not null)
        {
            File.Delete(at);
        }

        await FileOriginal.Parse(change.Original).RestoreAsync(machine, cancellationToken);
        return null;
    }
}
