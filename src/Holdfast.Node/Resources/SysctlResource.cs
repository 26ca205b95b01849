using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>A kernel parameter as it is now. That it stays so after a reboot is the business of a file in sysctl.d.</summary>
internal sealed class SysctlResource : IResource
{
    public const string KindName = "sysctl";
    private readonly string name;
    private readonly string value;

    public SysctlResource(string name, string value)
    {
        this.name = name;
        this.value = Sysctl.Normalize(value);
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{name}";

    public string Title => $"{name} is {value}";

    public string? Why { get; init; }

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var live = machine.Sysctl.Read(name);
        return Task.FromResult(
            live == value ? Inspection.AsWanted($"{name} is {live}")
            : live is null ? Inspection.Differs($"{name} does not exist (yet)")
            : Inspection.Differs($"{name} is {live}", $"-{name} = {live}\n+{name} = {value}\n")
        );
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject { ["name"] = name, ["value"] = machine.Sysctl.Read(name) });

    public Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult<JsonObject?>(new JsonObject { ["value"] = value });

    public Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        machine.Sysctl.Write(name, value);
        var live = machine.Sysctl.Read(name);
        return live == value
            ? Task.CompletedTask
            : throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot set the kernel parameter {name} to {value}: the kernel made it {live}; correct the value in the node document"
            );
    }
}

/// <summary>Sets kernel parameters back; one that somebody else has set since stays as it is. Stateless.</summary>
internal sealed class SysctlUndo : IUndo
{
    public string Kind => SysctlResource.KindName;

    public Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var name = (string)change.Original["name"]!;
        var original = (string?)change.Original["value"];
        var live = machine.Sysctl.Read(name);
        if (original is null || live is null || live == original)
        {
            return Task.FromResult<string?>(null);
        }

        if (change.Intents.All(intent => (string?)intent["value"] != live))
        {
            return Task.FromResult<string?>($"{name} was set to {live} after Holdfast changed it: it stays so");
        }

        machine.Sysctl.Write(name, original);
        return Task.FromResult<string?>(null);
    }
}
