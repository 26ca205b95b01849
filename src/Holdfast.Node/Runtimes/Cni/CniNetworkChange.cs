using Holdfast.Linux;

namespace Holdfast.Node.Runtimes.Cni;

/// <param name="Bridge">The bridge that the file about to be written names.</param>
/// <param name="StateExisted">Whether CNI kept records of any network.</param>
/// <param name="NetworkExisted">Whether it kept some of this one, which an earlier document made.</param>
internal sealed record CniNetworkRecord(
    FileRecord File,
    string Bridge,
    bool BridgeExisted,
    bool StateExisted,
    bool NetworkExisted
);

/// <summary>
/// The file that tells runtimes how pods are connected. The bridge itself is made by the plugin with the first pod, so its
/// removal belongs to the undo of this file, with CNI's records of addresses.
/// </summary>
internal sealed class CniNetworkChange : Change<CniNetworkRecord>
{
    /// <summary>Name of the network in CNI's own bookkeeping (<c>/var/lib/cni/networks/NAME</c>).</summary>
    public const string NetworkName = "holdfast";

    public const string FileName = "10-holdfast.conflist";

    /// <summary>Where every runtime of the node looks for networks.</summary>
    public const string Directory = "/etc/cni/net.d";

    public const string FilePath = $"{Directory}/{FileName}";

    private const string StateDirectory = "/var/lib/cni";
    private const string AddressDirectory = $"{StateDirectory}/networks/{NetworkName}";
    private const string ResultDirectory = $"{StateDirectory}/results";
    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(10);

    private readonly string bridge;
    private readonly FileChange file;

    public CniNetworkChange(string bridge, string content)
        : base(NetworkKind, NetworkName, $"pods are connected by the bridge {bridge}")
    {
        this.bridge = bridge;
        file = new FileChange(FilePath, content);
    }

    public static ChangeKind<CniNetworkRecord> NetworkKind { get; } =
        new("cni-network", RuntimesJson.Default.CniNetworkRecord, UndoAsync);

    public override Task<Inspection> InspectAsync(
        Machine machine,
        History<CniNetworkRecord> history,
        CancellationToken cancellationToken
    ) => file.InspectAsync(machine, history.Select(record => record.File), cancellationToken);

    public override async Task<CniNetworkRecord> RememberAsync(
        Machine machine,
        History<CniNetworkRecord> history,
        CancellationToken cancellationToken
    ) =>
        new(
            await file.RememberAsync(machine, history.Select(record => record.File), cancellationToken),
            bridge,
            BridgeExisted: HasInterface(machine, bridge),
            StateExisted: machine.Exists(StateDirectory),
            NetworkExisted: machine.Exists(AddressDirectory)
        );

    public override Task DoAsync(
        Machine machine,
        History<CniNetworkRecord> history,
        CancellationToken cancellationToken
    ) => file.DoAsync(machine, history.Select(record => record.File), cancellationToken);

    private static bool HasInterface(Machine machine, string name) => machine.Exists($"/sys/class/net/{name}");

    private static async Task<string?> UndoAsync(
        Machine machine,
        History<CniNetworkRecord> history,
        CancellationToken cancellationToken
    )
    {
        var files = history.Select(record => record.File);
        var note = await FileUndo.PutBackAsync(machine, files, withoutOurs: null, cancellationToken);
        if (!history.Original.NetworkExisted)
        {
            // Otherwise this goes back to an earlier document, and the pods keep their addresses.
            RemoveBookkeeping(machine, history.Original.StateExisted);
        }

        return await RemoveBridgesAsync(machine, history, cancellationToken) ?? note;
    }

    /// <summary>Other networks of this machine have theirs beside ours.</summary>
    private static void RemoveBookkeeping(Machine machine, bool stateExisted)
    {
        var addresses = machine.At(AddressDirectory);
        if (System.IO.Directory.Exists(addresses))
        {
            System.IO.Directory.Delete(addresses, recursive: true);
        }

        var results = machine.At(ResultDirectory);
        if (System.IO.Directory.Exists(results))
        {
            // The loopback's are written by containerd for every pod; those of pods that run are removed with them.
            string[] mine = stateExisted ? [$"{NetworkName}-"] : [$"{NetworkName}-", "cni-loopback-"];
            foreach (var result in System.IO.Directory.EnumerateFiles(results))
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
        History<CniNetworkRecord> history,
        CancellationToken cancellationToken
    )
    {
        if (history.Original.BridgeExisted)
        {
            return null;
        }

        // A later document may have named the bridge differently: each of them is Holdfast's.
        var bridges = history.Records.Select(record => record.Bridge).Distinct();
        foreach (var name in bridges.Where(name => HasInterface(machine, name)))
        {
            try
            {
                var result = await machine.RunAsync(
                    new ChildCommand("ip", "link", "delete", name, "type", "bridge"),
                    LinkTimeout,
                    cancellationToken
                );
                if (!result.Succeeded)
                {
                    return $"the bridge {name} stays until the next boot: {result.LastErrorLine}";
                }
            }
            catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
            {
                return $"the bridge {name} stays until the next boot: the command ip (package iproute2) is not there";
            }
        }

        return null;
    }
}
