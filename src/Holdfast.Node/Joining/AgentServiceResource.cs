using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Joining;

/// <summary>
/// The service of kubelet, yurthub or edgecore. It differs from any other in that the join starts it, before this resource
/// ever looks: how it was before that is remembered by the join, and is what undo returns to.
/// </summary>
internal sealed class AgentServiceResource(ServiceDefinition definition, IReadOnlyList<string> configFiles) : IResource
{
    private readonly ServiceResource service = new(definition, configFiles);

    public string Kind => service.Kind;

    public string Id => service.Id;

    public string Title => service.Title;

    public string? Why { get; init; }

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        service.InspectAsync(machine, cancellationToken);

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var original = await service.RecordOriginalAsync(machine, cancellationToken);
        var before = await ReadBeforeAsync(machine, definition.Name, cancellationToken);
        foreach (var key in new[] { "known", "enabled", "running" })
        {
            original[key] = before[key]!.DeepClone();
        }
        return original;
    }

    public Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        service.DoAsync(machine, cancellationToken);

    /// <summary>Keeps how the service is now, unless an earlier attempt of the join has done that.</summary>
    internal static async Task RememberAsync(Machine machine, string name, CancellationToken cancellationToken)
    {
        var file = BeforeFile(machine, name);
        if (File.Exists(file))
        {
            return;
        }
        var before = await ReadBeforeAsync(machine, name, cancellationToken);
        await AtomicFile.WriteAsync(
            file,
            Encoding.UTF8.GetBytes(before.ToJsonString()),
            cancellationToken: cancellationToken
        );
    }

    /// <summary>How the service was before the first attempt of a join; where there was none, how it is.</summary>
    internal static async Task<JsonObject> ReadBeforeAsync(
        Machine machine,
        string name,
        CancellationToken cancellationToken
    )
    {
        var file = BeforeFile(machine, name);
        if (File.Exists(file))
        {
            return JsonNode.Parse(await File.ReadAllBytesAsync(file, cancellationToken))!.AsObject();
        }
        var status = await machine.Services.StatusAsync(name, cancellationToken);
        return new JsonObject
        {
            ["known"] = status.IsKnown,
            ["enabled"] = status.IsEnabled,
            ["running"] = status.IsRunning,
        };
    }

    private static string BeforeFile(Machine machine, string name) =>
        Path.Join(ClusterJoinResource.StateDirectory(machine), $"{name}-before.json");
}
