using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>Swap lines of <c>/etc/fstab</c>, commented out so that a person and undo both recognise them.</summary>
internal static class FstabSwap
{
    public const string Kind = "fstab";

    /// <summary>Stands before a line that was taken out; all after it is the line as it was.</summary>
    private const string Mark = "#holdfast: swap is off# ";

    public static FileResource Resource() =>
        new("/etc/fstab", current => Encoding.UTF8.GetBytes(CommentOut(Encoding.UTF8.GetString(current ?? []))))
        {
            Kind = Kind,
            Title = "/etc/fstab has no swap",
            Why = "swap stays off after a reboot",
        };

    public static string CommentOut(string text) => ForEachLine(text, line => IsSwap(line) ? Mark + line : line);

    public static string Restore(string text) =>
        ForEachLine(text, line => line.StartsWith(Mark, StringComparison.Ordinal) ? line[Mark.Length..] : line);

    private static bool IsSwap(string line)
    {
        var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 3 && fields[0][0] != '#' && fields[2] == "swap";
    }

    private static string ForEachLine(string text, Func<string, string> change) =>
        string.Join('\n', text.Split('\n').Select(change));
}

/// <summary>No swap unit of systemd comes back after a reboot: neither zram nor one found on a disk by its partition type.</summary>
internal sealed class SwapUnitsResource : IResource
{
    public const string KindName = "swap-units";
    internal static readonly TimeSpan SystemctlTimeout = TimeSpan.FromSeconds(60);

    public string Kind => KindName;

    public string Id => KindName;

    public string Title => "systemd starts no swap";

    public string? Why => "swap stays off after a reboot";

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var units = await ListAsync(machine, cancellationToken);
        return units.Count == 0
            ? Inspection.AsWanted("no swap unit can start")
            : Inspection.Differs($"swap units can start: {string.Join(", ", units)}");
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var units = await ListAsync(machine, cancellationToken);
        return new JsonObject { ["units"] = new JsonArray(units.Select(unit => (JsonNode)unit).ToArray()) };
    }

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        foreach (var unit in await ListAsync(machine, cancellationToken))
        {
            var result = await machine.RunAsync(
                new ChildCommand("systemctl", "mask", unit),
                SystemctlTimeout,
                cancellationToken
            );
            if (!result.Succeeded)
            {
                throw new NodeException(
                    NodeReason.ChangeFailed,
                    $"cannot mask {unit}: {result.LastErrorLine}; remove the unit, or set spec.host.swap: unchanged"
                );
            }
        }
    }

    /// <summary>Swap units that are loaded and not masked.</summary>
    private static async Task<IReadOnlyList<string>> ListAsync(Machine machine, CancellationToken cancellationToken)
    {
        var result = await machine.RunAsync(
            new ChildCommand("systemctl", "list-units", "--type=swap", "--all", "--plain", "--no-legend", "--no-pager"),
            SystemctlTimeout,
            cancellationToken
        );

        // Columns: unit, load state, active state, sub state, description.
        return result
            .StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length >= 2 && fields[1] == "loaded")
            .Select(fields => fields[0])
            .ToArray();
    }
}

/// <summary>Unmasks the swap units that we masked. Stateless.</summary>
internal sealed class SwapUnitsUndo : IUndo
{
    public string Kind => SwapUnitsResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        foreach (var unit in change.Original["units"]!.AsArray())
        {
            await machine.RunAsync(
                new ChildCommand("systemctl", "unmask", (string)unit!),
                SwapUnitsResource.SystemctlTimeout,
                cancellationToken
            );
        }

        return null;
    }
}
