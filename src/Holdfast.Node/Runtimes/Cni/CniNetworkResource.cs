using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Cni;

/// <summary>
/// The file that tells runtimes how pods are connected. The bridge itself is made by the plugin with the first pod, so
/// its removal belongs to the undo of this file.
/// </summary>
internal sealed class CniNetworkResource : IResource
{
    public const string KindName = "cni-network";

    /// <summary>Name of the network in CNI's own bookkeeping (<c>/var/lib/cni/networks/NAME</c>).</summary>
    public const string NetworkName = "holdfast";

    public const string FileName = "10-holdfast.conflist";

    public const string FilePath = "/etc/cni/net.d/" + FileName;

    private readonly string bridge;
    private readonly FileResource file;

    public CniNetworkResource(string bridge, string content)
        : this(bridge, _ => System.Text.Encoding.UTF8.GetBytes(content)) { }

    /// <param name="edit">From the current content (null: no file) to the wanted one; pure, and a fixed point of itself.</param>
    public CniNetworkResource(string bridge, Func<byte[]?, byte[]> edit)
    {
        this.bridge = bridge;
        file = new FileResource(FilePath, edit);
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{NetworkName}";

    public string Title => $"pods are connected by the bridge {bridge}";

    public string? Why => null;

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        file.InspectAsync(machine, cancellationToken);

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var original = await FileOriginal.RecordAsync(machine, FilePath, cancellationToken);
        original["bridge"] = bridge;
        original["bridgeExisted"] = CniNetworkUndo.HasInterface(machine, bridge);
        original["stateExisted"] = machine.Exists(CniNetworkUndo.StateDirectory);
        original["networkExisted"] = machine.Exists(CniNetworkUndo.AddressDirectory);
        return original;
    }

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken)
    {
        var intent = await file.DescribeIntentAsync(machine, cancellationToken);
        intent!["bridge"] = bridge;
        return intent;
    }

    public Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        file.DoAsync(machine, cancellationToken);
}

/// <summary>Puts the file back and removes the bridge and the bookkeeping of addresses that came with it. Stateless.</summary>
internal sealed class CniNetworkUndo : IUndo
{
    public const string StateDirectory = "/var/lib/cni";
    public const string AddressDirectory = $"{StateDirectory}/networks/{CniNetworkResource.NetworkName}";
    private const string ResultDirectory = $"{StateDirectory}/results";
    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(10);
    private readonly OldFileUndo file = new(CniNetworkResource.KindName);

    public string Kind => CniNetworkResource.KindName;

    public static bool HasInterface(Machine machine, string name) => machine.Exists($"/sys/class/net/{name}");

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var note = await file.UndoAsync(machine, change, cancellationToken);
        if ((bool?)change.Original["networkExisted"] != true)
        {
            // Otherwise this goes back to an earlier document, and the pods keep their addresses.
            RemoveBookkeeping(machine, (bool)change.Original["stateExisted"]!);
        }

        return await RemoveBridgesAsync(machine, change, cancellationToken) ?? note;
    }

    /// <summary>Other networks of this machine have theirs beside ours.</summary>
    private static void RemoveBookkeeping(Machine machine, bool stateExisted)
    {
        var addresses = machine.At(AddressDirectory);
        if (Directory.Exists(addresses))
        {
            Directory.Delete(addresses, recursive: true);
        }

        var results = machine.At(ResultDirectory);
        if (Directory.Exists(results))
        {
            // The loopback's are written by containerd for every pod; those of pods that run are removed with them.
            string[] mine = stateExisted
                ? [$"{CniNetworkResource.NetworkName}-"]
                : [$"{CniNetworkResource.NetworkName}-", "cni-loopback-"];
            foreach (var result in Directory.EnumerateFiles(results))
            {
                if (mine.Any(prefix => Path.GetFileName(result).StartsWith(prefix, StringComparison.Ordinal)))
                {
                    File.Delete(result);
                }
            }
        }

        if (!stateExisted)
        {
            machine.RemoveEmptyDirectory(Path.GetDirectoryName(AddressDirectory)!);
            machine.RemoveEmptyDirectory(ResultDirectory);
            machine.RemoveEmptyDirectory(StateDirectory);
        }
    }

    private static async Task<string?> RemoveBridgesAsync(
        Machine machine,
        RecordedChange change,
        CancellationToken cancellationToken
    )
    {
        if ((bool)change.Original["bridgeExisted"]!)
        {
            return null;
        }

        // A later document may have named the bridge differently: each of them was ours.
        var bridges = change.Intents.Select(intent => (string?)intent["bridge"]).OfType<string>().Distinct();
        foreach (var bridge in bridges.Where(bridge => HasInterface(machine, bridge)))
        {
            try
            {
                var result = await machine.RunAsync(
                    new ChildCommand("ip", "link", "delete", bridge, "type", "bridge"),
                    LinkTimeout,
                    cancellationToken
                );
                if (!result.Succeeded)
                {
                    return $"the bridge {bridge} stays until the next boot: {result.LastErrorLine}";
                }
            }
            catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
            {
                return $"the bridge {bridge} stays until the next boot: the command ip (package iproute2) is not there";
            }
        }

        return null;
    }
}
