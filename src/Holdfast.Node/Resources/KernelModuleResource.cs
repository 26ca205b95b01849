using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>A kernel module that is there now, loaded or built in. After a reboot is the business of modules-load.d.</summary>
internal sealed class KernelModuleResource : IResource
{
    public const string KindName = "module";
    internal static readonly TimeSpan ModprobeTimeout = TimeSpan.FromSeconds(30);
    private readonly string name;

    public KernelModuleResource(string name)
    {
        this.name = name;
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{name}";

    public string Title => $"kernel module {name} is there";

    public string? Why { get; init; }

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(
            machine.Modules.IsPresent(name)
                ? Inspection.AsWanted($"{name} is loaded or built in")
                : Inspection.Differs($"{name} is not loaded")
        );

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject { ["name"] = name, ["present"] = machine.Modules.IsPresent(name) });

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        string cause;
        try
        {
            var result = await machine.RunAsync(new ChildCommand("modprobe", name), ModprobeTimeout, cancellationToken);
            cause = result.Succeeded ? "modprobe said nothing, but it is not there" : result.LastErrorLine;
        }
        catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
        {
            cause = "modprobe is not installed (package kmod)";
        }

        if (!machine.Modules.IsPresent(name))
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot load the kernel module {name}: {cause}; install the kernel's modules, or leave it out of "
                    + "spec.host.kernelModules if this node can do without"
            );
        }
    }
}

/// <summary>Unloads what was loaded; a module that is in use stays until the next boot. Stateless.</summary>
internal sealed class KernelModuleUndo : IUndo
{
    public string Kind => KernelModuleResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var name = (string)change.Original["name"]!;
        if ((bool)change.Original["present"]! || !machine.Modules.IsPresent(name))
        {
            return null;
        }

        var result = await machine.RunAsync(
            new ChildCommand("modprobe", "-r", name),
            KernelModuleResource.ModprobeTimeout,
            cancellationToken
        );
        return result.Succeeded ? null : $"the kernel module {name} is in use and stays loaded until the next boot";
    }
}
