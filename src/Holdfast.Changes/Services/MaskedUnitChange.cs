using Holdfast.Changes.Files;
using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <param name="Link">The link to /dev/null and what it takes the place of.</param>
public sealed record MaskedUnitRecord(string Unit, bool WasActive, LinkRecord Link);

/// <summary>
/// A unit of systemd that nothing can start: a link to /dev/null stands before every other file of its name. Unlike
/// <c>systemctl mask</c> this also works, and is taken back byte for byte, where the unit itself lies in
/// <c>/etc/systemd/system</c>. A service is stopped first; swap units end with the swap itself.
/// </summary>
public sealed class MaskedUnitChange(string unit)
    : SimpleChange<MaskedUnitRecord>(MaskedUnitKind, unit, $"systemd does not start {unit}")
{
    private const string Nowhere = "/dev/null";
    private static readonly TimeSpan SystemctlTimeout = TimeSpan.FromSeconds(60);
    private readonly LinkChange link = new(PathOf(unit), Nowhere);

    public static ChangeKind<MaskedUnitRecord> MaskedUnitKind { get; } =
        new("masked-unit", ChangesJson.Default.MaskedUnitRecord, UndoAsync, SettleAsync);

    public override async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var inspection = await link.InspectAsync(machine, cancellationToken);
        return inspection.IsAsWanted
            ? Inspection.AsWanted($"{Subject} is masked")
            : Inspection.Differs($"{Subject} can start");
    }

    public override async Task<MaskedUnitRecord> RememberAsync(Machine machine, CancellationToken cancellationToken)
    {
        var isActive = await SystemctlAsync(machine, cancellationToken, "is-active", "--quiet", Subject);
        var before = await link.RememberAsync(machine, cancellationToken);
        return new MaskedUnitRecord(Subject, isActive.Succeeded, before);
    }

    public override async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!IsSwap(Subject))
        {
            var result = await SystemctlAsync(machine, cancellationToken, "stop", Subject);
            if (!result.Succeeded)
            {
                throw new NodeException(
                    NodeReason.ServiceFailed,
                    $"cannot stop {Subject}: {result.LastErrorLine}; stop it yourself, or set spec.host.swap: unchanged"
                );
            }
        }

        await link.DoAsync(machine, cancellationToken);
        await ReloadAsync(machine, cancellationToken);
    }

    private static bool IsSwap(string unit) => unit.EndsWith(".swap", StringComparison.Ordinal);

    private static string PathOf(string unit) => $"{SystemdServices.OwnUnits}/{unit}";

    private static async Task<string?> UndoAsync(
        Machine machine,
        History<MaskedUnitRecord> history,
        CancellationToken cancellationToken
    )
    {
        var note = await LinkChange.UndoAsync(machine, history.Select(record => record.Link), cancellationToken);
        await ReloadAsync(machine, cancellationToken);
        return note;
    }

    private static async Task SettleAsync(
        Machine machine,
        History<MaskedUnitRecord> history,
        CancellationToken cancellationToken
    )
    {
        var (unit, wasActive, _) = history.Original;
        if (!wasActive)
        {
            return;
        }

        var result = await SystemctlAsync(machine, cancellationToken, "start", unit);
        if (!result.Succeeded)
        {
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot start {unit} again: {result.LastErrorLine}; see: systemctl status {unit}"
            );
        }
    }

    private static Task<ChildResult> SystemctlAsync(
        Machine machine,
        CancellationToken cancellationToken,
        params string[] arguments
    ) => machine.RunAsync(new ChildCommand("systemctl", arguments), SystemctlTimeout, cancellationToken);

    private static async Task ReloadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var result = await SystemctlAsync(machine, cancellationToken, "daemon-reload");
        if (!result.Succeeded)
        {
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot make systemd read its units again: {result.LastErrorLine}; run: systemctl daemon-reload"
            );
        }
    }
}
