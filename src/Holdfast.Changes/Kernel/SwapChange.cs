using System.Globalization;
using Holdfast.Linux;

namespace Holdfast.Changes.Kernel;

/// <summary>One device or file that is swapped to.</summary>
/// <param name="Priority">Negative when the kernel chose it.</param>
public sealed record ActiveSwap(string Device, int Priority)
{
    private const int KernelsChoice = -1;

    /// <summary>Reads <c>/proc/swaps</c>: a heading, then device, type, size, used and priority.</summary>
    public static async Task<IReadOnlyList<ActiveSwap>> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var text = await machine.ReadTextAsync("/proc/swaps", cancellationToken) ?? "";
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length >= 5)
                .Select(fields => new ActiveSwap(
                    fields[0].Replace("\\040", " "),
                    int.TryParse(fields[4], CultureInfo.InvariantCulture, out var priority) ? priority : KernelsChoice
                )),
        ];
    }
}

/// <param name="Active">What was swapped to.</param>
public sealed record SwapRecord(IReadOnlyList<ActiveSwap> Active);

/// <summary>No swap now. Masked units, or fstab, keep it off after a reboot.</summary>
public sealed class SwapChange : SimpleChange<SwapRecord>
{
    /// <summary>All that was swapped out is read back first; from a slow card that takes minutes.</summary>
    private static readonly TimeSpan SwapTimeout = TimeSpan.FromMinutes(10);

    public SwapChange()
        : base(SwapKind, "", "swap is off")
    {
        Why = "memory limits of pods mean nothing while the kernel can swap";
    }

    public static ChangeKind<SwapRecord> SwapKind { get; } =
        new("swap", ChangesJson.Default.SwapRecord, UndoAsync, SettleAsync);

    public override async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var active = await ActiveSwap.ReadAsync(machine, cancellationToken);
        return active.Count == 0
            ? Inspection.AsWanted("swap is off")
            : Inspection.Differs($"swap is on: {string.Join(", ", active.Select(swap => swap.Device))}");
    }

    public override async Task<SwapRecord> RememberAsync(Machine machine, CancellationToken cancellationToken) =>
        new(await ActiveSwap.ReadAsync(machine, cancellationToken));

    public override async Task DoAsync(Machine machine, CancellationToken cancellationToken)
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

    /// <summary>
    /// Swaps again to what was swapped to. A device that is not there (zram that a service is yet to make again) is left to
    /// the end, when those services run.
    /// </summary>
    private static async Task<string?> UndoAsync(
        Machine machine,
        History<SwapRecord> history,
        CancellationToken cancellationToken
    )
    {
        foreach (var swap in await ListOffAsync(machine, history.Original, cancellationToken))
        {
            await SwapOnAsync(machine, swap, cancellationToken);
        }

        return null;
    }

    /// <exception cref="NodeException">Some of it cannot be swapped to any more.</exception>
    private static async Task SettleAsync(
        Machine machine,
        History<SwapRecord> history,
        CancellationToken cancellationToken
    )
    {
        var failed = new List<string>();
        foreach (var swap in await ListOffAsync(machine, history.Original, cancellationToken))
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

    private static async Task<IEnumerable<ActiveSwap>> ListOffAsync(
        Machine machine,
        SwapRecord original,
        CancellationToken cancellationToken
    )
    {
        var active = await ActiveSwap.ReadAsync(machine, cancellationToken);
        return original.Active.ExceptBy(active.Select(swap => swap.Device), swap => swap.Device);
    }

    /// <summary>Negative priorities are the kernel's own choice and cannot be asked for.</summary>
    private static Task<ChildResult> SwapOnAsync(Machine machine, ActiveSwap swap, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> arguments = swap.Priority < 0 ? [swap.Device] : ["-p", $"{swap.Priority}", swap.Device];
        return machine.RunAsync(new ChildCommand("swapon", arguments), SwapTimeout, cancellationToken);
    }
}
