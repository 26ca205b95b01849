using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Resources;

/// <summary>
/// A unit of systemd that nothing can start: a link to /dev/null stands before every other file of its name. Unlike
/// <c>systemctl mask</c> this also works, and is taken back byte for byte, where the unit itself lies in
/// <c>/etc/systemd/system</c>. A service is stopped first; swap units end with the swap itself.
/// </summary>
internal sealed class MaskedUnitResource : IResource
{
    public const string KindName = "masked-unit";
    internal static readonly TimeSpan SystemctlTimeout = TimeSpan.FromSeconds(60);
    private const string Nowhere = "/dev/null";
    private readonly string unit;
    private readonly LinkResource link;

    public MaskedUnitResource(string unit)
    {
        this.unit = unit;
        link = new LinkResource(PathOf(unit), Nowhere);
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{unit}";

    public string Title => $"systemd does not start {unit}";

    public string? Why { get; init; }

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var inspection = await link.InspectAsync(machine, cancellationToken);
        return inspection.IsAsWanted
            ? Inspection.AsWanted($"{unit} is masked")
            : Inspection.Differs($"{unit} can start");
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var original = await link.RecordOriginalAsync(machine, cancellationToken);
        original["unit"] = unit;
        original["active"] = (await SystemctlAsync(machine, cancellationToken, "is-active", "--quiet", unit)).Succeeded;
        return original;
    }

    public Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        link.DescribeIntentAsync(machine, cancellationToken);

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!unit.EndsWith(".swap", StringComparison.Ordinal))
        {
            var result = await SystemctlAsync(machine, cancellationToken, "stop", unit);
            if (!result.Succeeded)
            {
                throw new NodeException(
                    NodeReason.ServiceFailed,
                    $"cannot stop {unit}: {result.LastErrorLine}; stop it yourself, or set spec.host.swap: unchanged"
                );
            }
        }

        await link.DoAsync(machine, cancellationToken);
        await ReloadAsync(machine, cancellationToken);
    }

    internal static string PathOf(string unit) => $"{SwapUnits.OwnUnits}/{unit}";

    internal static Task<ChildResult> SystemctlAsync(
        Machine machine,
        CancellationToken cancellationToken,
        params string[] arguments
    ) => machine.RunAsync(new ChildCommand("systemctl", arguments), SystemctlTimeout, cancellationToken);

    internal static async Task ReloadAsync(Machine machine, CancellationToken cancellationToken)
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

/// <summary>Puts back what the mask hid, and at the end starts again what ran before. Stateless.</summary>
internal sealed class MaskedUnitUndo : IUndo
{
    private readonly LinkUndo link = new();

    public string Kind => MaskedUnitResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var note = await link.UndoAsync(machine, change, cancellationToken);
        await MaskedUnitResource.ReloadAsync(machine, cancellationToken);
        return note;
    }

    public async Task SettleAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        if (!(bool)change.Original["active"]!)
        {
            return;
        }

        var unit = (string)change.Original["unit"]!;
        var result = await MaskedUnitResource.SystemctlAsync(machine, cancellationToken, "start", unit);
        if (!result.Succeeded)
        {
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot start {unit} again: {result.LastErrorLine}; see: systemctl status {unit}"
            );
        }
    }
}
