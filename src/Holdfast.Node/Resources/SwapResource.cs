using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>One device or file that is swapped to. Immutable.</summary>
internal sealed record ActiveSwap(string Device, int Priority)
{
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
                int.Parse(fields[4], System.Globalization.CultureInfo.InvariantCulture)
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

/// <summary>Swaps again to what was swapped to. Stateless.</summary>
internal sealed class SwapUndo : IUndo
{
    public string Kind => SwapResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var active = await ActiveSwap.ReadAsync(machine, cancellationToken);
        var failed = new List<string>();
        foreach (var swap in change.Original["active"]!.AsArray().OfType<JsonObject>())
        {
            var device = (string)swap["device"]!;
            if (active.Any(now => now.Device == device))
            {
                continue;
            }

            // Negative priorities are the kernel's own choice and cannot be asked for.
            var priority = (int)swap["priority"]!;
            IReadOnlyList<string> arguments = priority < 0 ? [device] : ["-p", $"{priority}", device];
            var result = await machine.RunAsync(
                new ChildCommand("swapon", arguments),
                SwapResource.SwapTimeout,
                cancellationToken
            );
            if (!result.Succeeded)
            {
                failed.Add($"{device} ({result.LastErrorLine})");
            }
        }

        return failed.Count == 0 ? null : $"cannot swap again to {string.Join(", ", failed)}";
    }
}
