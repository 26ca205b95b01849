using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Apply;

/// <summary>What an old resource recorded.</summary>
public sealed record OldRecord(JsonObject Original, JsonObject? Intent);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OldRecord))]
internal sealed partial class OldJson : JsonSerializerContext;

/// <summary>An old resource as a change, until all are converted.</summary>
internal sealed class ResourceChange : Change<OldRecord>
{
    private readonly IResource resource;

    public ResourceChange(IResource resource)
        : base(
            Bridge.KindOf(resource.Kind),
            resource.Id[(resource.Id.IndexOf(':', StringComparison.Ordinal) + 1)..],
            resource.Title
        )
    {
        this.resource = resource;
        Why = resource.Why;
    }

    public override Task<Inspection> InspectAsync(
        Machine machine,
        History<OldRecord> history,
        CancellationToken cancellationToken
    ) => resource.InspectAsync(machine, cancellationToken);

    public override async Task<OldRecord> RememberAsync(
        Machine machine,
        History<OldRecord> history,
        CancellationToken cancellationToken
    ) =>
        new(
            await resource.RecordOriginalAsync(machine, cancellationToken),
            await resource.DescribeIntentAsync(machine, cancellationToken)
        );

    public override async Task DoAsync(Machine machine, History<OldRecord> history, CancellationToken cancellationToken)
    {
        await resource.DoAsync(machine, cancellationToken);
        if (await resource.DescribeResultAsync(machine, cancellationToken) is { } result)
        {
            Bridge
                .Results.GetOrAdd(machine.Paths.Root + history.Records[0].Original.ToJsonString(), _ => [])
                .Add(result);
        }
    }
}

internal static class Bridge
{
    private static readonly Dictionary<string, ChangeKind<OldRecord>> Kinds = UndoTable
        .Default.All.Select(Wrap)
        .ToDictionary(kind => kind.Name);

    public static System.Collections.Concurrent.ConcurrentDictionary<string, List<JsonObject>> Results { get; } = [];

    public static IEnumerable<ChangeKind> All => Kinds.Values;

    public static ChangeKind<OldRecord> KindOf(string name) =>
        Kinds.TryGetValue(name, out var kind)
            ? kind
            : new ChangeKind<OldRecord>(name, OldJson.Default.OldRecord, (_, _, _) => Task.FromResult<string?>(null));

    public static RecordedChange ToChange(string kind, History<OldRecord> history, string root = "") =>
        new(
            kind,
            kind,
            kind,
            history.Original.Original,
            [.. history.Records.Select(r => r.Intent).OfType<JsonObject>()],
            Results.GetValueOrDefault(root + history.Records[0].Original.ToJsonString()) ?? []
        );

    private static ChangeKind<OldRecord> Wrap(IUndo undo) =>
        new(
            undo.Kind,
            OldJson.Default.OldRecord,
            (machine, history, token) =>
                undo.UndoAsync(machine, ToChange(undo.Kind, history, machine.Paths.Root), token),
            (machine, history, token) =>
                undo.SettleAsync(machine, ToChange(undo.Kind, history, machine.Paths.Root), token)
        )
        {
            Follow = (machine, history, token) =>
                undo.FollowAsync(machine, ToChange(undo.Kind, history, machine.Paths.Root), token),
            Destroys = undo.Kind switch
            {
                _ => null,
            },
        };
}
