using Holdfast.Linux;

namespace Holdfast.Changes.Kernel;

/// <param name="Written">The value that is about to be set.</param>
/// <param name="Value">The value that was set; null when the kernel has no such parameter.</param>
public sealed record SysctlRecord(string Name, string Written, string? Value = null);

/// <summary>A kernel parameter as it is now. A file in sysctl.d sets it after a reboot.</summary>
public sealed class SysctlChange(string name, string value)
    : SimpleChange<SysctlRecord>(SysctlKind, name, $"{name} is {Sysctl.Normalize(value)}")
{
    private readonly string value = Sysctl.Normalize(value);

    public static ChangeKind<SysctlRecord> SysctlKind { get; } =
        new("sysctl", ChangesJson.Default.SysctlRecord, UndoAsync);

    public override Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var live = machine.Sysctl.Read(Subject);
        return Task.FromResult(
            live == value ? Inspection.AsWanted($"{Subject} is {live}")
            : live is null ? Inspection.Differs($"{Subject} does not exist (yet)")
            : Inspection.Differs($"{Subject} is {live}", $"-{Subject} = {live}\n+{Subject} = {value}\n")
        );
    }

    public override Task<SysctlRecord> RememberAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new SysctlRecord(Subject, value, machine.Sysctl.Read(Subject)));

    public override Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        machine.Sysctl.Write(Subject, value);
        var live = machine.Sysctl.Read(Subject);
        return live == value
            ? Task.CompletedTask
            : throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot set the kernel parameter {Subject} to {value}: the kernel made it {live}; correct the value in the node document"
            );
    }

    /// <summary>A parameter that someone else has set since stays as it is.</summary>
    private static Task<string?> UndoAsync(
        Machine machine,
        History<SysctlRecord> history,
        CancellationToken cancellationToken
    )
    {
        var (name, _, original) = history.Original;
        var live = machine.Sysctl.Read(name);
        if (original is null || live is null || live == original)
        {
            return Task.FromResult<string?>(null);
        }

        if (history.Records.All(record => record.Written != live))
        {
            return Task.FromResult<string?>($"{name} was set to {live} after Holdfast changed it: it stays so");
        }

        machine.Sysctl.Write(name, original);
        return Task.FromResult<string?>(null);
    }
}
