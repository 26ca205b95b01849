using System.Text.Json.Nodes;
using Holdfast.Node.Resources;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// A containerd that reads its files as they are meant. It ignores a key in a wrong place without a word, and a file that
/// another one imports may say otherwise, so it is asked before it is restarted. Changes nothing: what failed is taken back
/// by its own steps. Stateless.
/// </summary>
internal sealed class ContainerdSeesResource(ContainerdInstance instance) : IResource
{
    public const string KindName = "containerd-sees";

    /// <summary>More of the same does not help a person.</summary>
    private const int FaultsToShow = 3;

    public string Kind => KindName;

    public string Id => $"{Kind}:{instance.Runtime.Name}";

    public string Title => $"{instance.Runtime.Name} sees its configuration as it is meant";

    public string? Why => null;

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var name = instance.Runtime.Name;
        var file = instance.Runtime.ConfigFile;
        if (!machine.Exists(instance.Program.Path))
        {
            return Inspection.Differs($"{name} is not installed yet");
        }
        if (await machine.ReadBytesAsync(file, cancellationToken) is not { } main)
        {
            return Inspection.Differs($"{name} has no configuration yet");
        }
        var config = await instance.ResolveAsync(machine, cancellationToken);
        string dump;
        try
        {
            dump = await instance.Program.DumpConfigAsync(machine, file, cancellationToken);
        }
        catch (NodeException refusal) when (refusal.Reason == NodeReason.RuntimeFailed)
        {
            return Inspection.Differs(refusal.Message);
        }
        var faults = config.FindFaults(main, TomlDocument.Parse(dump, "containerd config dump"));
        return faults.Count == 0
            ? Inspection.AsWanted($"{name} sees what is meant")
            : Inspection.Differs(
                $"{name} does not see what is meant: {string.Join("; ", faults.Take(FaultsToShow))}"
                    + (faults.Count > FaultsToShow ? $"; and {faults.Count - FaultsToShow} more" : "")
            );
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject());

    /// <exception cref="NodeException">Always: it can only be put right by the files, which were written before.</exception>
    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var now = await InspectAsync(machine, cancellationToken);
        if (!now.IsAsWanted)
        {
            throw new NodeException(
                NodeReason.RuntimeFailed,
                $"cannot configure {instance.Runtime.Name}: {now.Summary}; look into {instance.Runtime.ConfigFile} and the "
                    + $"files that it imports, and compare with: {instance.Program.Path} --config {instance.Runtime.ConfigFile} config dump"
            );
        }
    }
}
