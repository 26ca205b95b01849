using Holdfast.Linux;

namespace Holdfast.Changes.Kernel;

/// <param name="WasPresent">Loaded or built in.</param>
public sealed record KernelModuleRecord(string Name, bool WasPresent);

/// <summary>Loads a kernel module now. modules-load.d keeps it loaded across reboots.</summary>
public sealed class KernelModuleChange(string name)
    : SimpleChange<KernelModuleRecord>(ModuleKind, name, $"kernel module {name} is there")
{
    private static readonly TimeSpan ModprobeTimeout = TimeSpan.FromSeconds(30);

    public static ChangeKind<KernelModuleRecord> ModuleKind { get; } =
        new("module", ChangesJson.Default.KernelModuleRecord, UndoAsync);

    public override Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(
            machine.Modules.IsPresent(Subject)
                ? Inspection.AsWanted($"{Subject} is loaded or built in")
                : Inspection.Differs($"{Subject} is not loaded")
        );

    public override Task<KernelModuleRecord> RememberAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new KernelModuleRecord(Subject, machine.Modules.IsPresent(Subject)));

    public override async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        string cause;
        try
        {
            var result = await machine.RunAsync(
                new ChildCommand("modprobe", Subject),
                ModprobeTimeout,
                cancellationToken
            );
            cause = result.Succeeded ? "modprobe said nothing, but it is not there" : result.LastErrorLine;
        }
        catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
        {
            cause = "modprobe is not installed (package kmod)";
        }

        if (!machine.Modules.IsPresent(Subject))
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot load the kernel module {Subject}: {cause}; install the kernel's modules, or leave it out of "
                    + "spec.host.kernelModules if this node can do without"
            );
        }
    }

    /// <summary>A module that is in use stays until the next boot.</summary>
    private static async Task<string?> UndoAsync(
        Machine machine,
        History<KernelModuleRecord> history,
        CancellationToken cancellationToken
    )
    {
        var (name, wasPresent) = history.Original;
        if (wasPresent || !machine.Modules.IsPresent(name))
        {
            return null;
        }

        var result = await machine.RunAsync(
            new ChildCommand("modprobe", "-r", name),
            ModprobeTimeout,
            cancellationToken
        );
        return result.Succeeded ? null : $"the kernel module {name} is in use and stays loaded until the next boot";
    }
}
