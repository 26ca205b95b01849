using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>One device or file that is swapped to. Immutable.</summary>
internal sealed record ActiveSwap(string Device, int Priority)
{
    private const int KernelsChoice = -1;

    /// <summary>Reads <c>/proc/swaps</c>: a heading, then device, type, size, used and priority.</summary>
    public static async Task<IReadOnlyList<ActiveSwap>> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var text = await machine.ReadTextAsync("/proc/swaps", cancellationToken) ?? "";
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length >= 5)
            .Select(fields => new ActiveSwap(
                fields[0].Replace("\\040", " "),
                int.TryParse(fields[4], System.Globalization.CultureInfo.InvariantCulture, out var priority)
                    ? priority
                    : KernelsChoice
            ))
            .ToArray();
    }
}

/// <summary>No swap now. After a reboot is the business of fstab and the swap units.</summary>
internal sealed class SwapResource : IResource
{
    public const string KindName = "swap";

    /// <summary>All that was swapped out is read back first; from a slow card that takes minutes.</summary>
    internal static readonly TimeSpan SwapTimeout = TimeSpan.FromMinutes(10);

    public string Kind => KindName;

    public string Id => KindName;

    public string Title => "swap is off";

    public string? Why => "memory limits of pods mean nothing while the kernel can swap";

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var active = await ActiveSwap.ReadAsync(machine, cancellationToken);
        return active.Count == 0
            ? Inspection.AsWanted("swap is off")
            : Inspection.Differs($"swap is on: {string.Join(", ", active.Select(swap => swap.Device))}");
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var active = await ActiveSwap.ReadAsync(machine, cancellationToken);
        var list = active.Select(swap =>
            (JsonNode)new JsonObject { ["device"] = swap.Device, ["priority"] = swap.Priority }
        );
        return new JsonObject { ["active"] = new JsonArray(list.ToArray()) };
    }

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        foreach (var swap in await ActiveSwap.ReadAsync(machine, cancellationToken))
        {
            var result = await machine.RunAsync(
                new ChildCommand("swapoff", swap.Device),
                SwapTimeout,
                cancellationToken
            );
            if (!result.Succeeded)
            {
                throw new NodeException(
                    NodeReason.ChangeFailed,
                    $"cannot switch off the swap on {swap.Device}: {result.LastErrorLine}; "
                        + "free some memory, or set spec.host.swap: unchanged"
                );
            }
        }
    }
}

/// <summary>
/// Swaps again to what was swapped to. A device that is not there (zram that a service is yet to make again) is left to
/// the end, when those services run. Stateless.
/// </summary>
internal sealed class SwapUndo : IUndo
{
    public string Kind => SwapResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        foreach (var swap in await ListOffAsync(machine, change, cancellationToken))
        {
            await SwapOnAsync(machine, swap, cancellationToken);
        }

        return null;
    }

    /// <exception cref="NodeException">Some of it cannot be swapped to any more.</exception>
    public async Task SettleAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        foreach (var swap in await ListOffAsync(machine, change, cancellationToken))
        {
            var result = await SwapOnAsync(machine, swap, cancellationToken);
            if (!result.Succeeded)
            {
                failed.Add($"{swap.Device} ({result.LastErrorLine})");
            }
        }

        if (failed.Count > 0)
        {
            throw new NodeException(NodeReason.UndoFailed, $"cannot swap again to {string.Join(", ", failed)}");
        }
    }

    private static async Task<ActiveSwap[]> ListOffAsync(
        Machine machine,
        RecordedChange change,
        CancellationToken cancellationToken
    )
    {
        var active = await ActiveSwap.ReadAsync(machine, cancellationToken);
        return
        [
            .. change.Original["active"]!
                .AsArray()
                .OfType<JsonObject>()
                .Select(swap => new ActiveSwap((string)swap["device"]!, (int)swap["priority"]!))
                .Where(swap => active.All(now => now.Device != swap.Device)),
        ];
    }

    /// <summary>Negative priorities are the kernel's own choice and cannot be asked for.</summary>
    private static Task<ChildResult> SwapOnAsync(Machine machine, ActiveSwap swap, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> arguments = swap.Priority < 0 ? [swap.Device] : ["-p", $"{swap.Priority}", swap.Device];
        return machine.RunAsync(new ChildCommand("swapon", arguments), SwapResource.SwapTimeout, cancellationToken);
    }
}
