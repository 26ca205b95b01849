using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Spec;

namespace Holdfast.Node.Cluster;

/// <summary>
/// yurtadm join. It takes its token as an argument only, empties the directory of static pods, and replaces files and
/// programs of the machine: the pods are kept aside and put back, the rest is what undo remembers. Immutable.
/// </summary>
internal sealed class Yurtadm(ClusterNode node, ClusterJoin join, YurtNodeType nodeType) : IJoinTool
{
    /// <summary>Beside what kubeadm writes.</summary>
    private static readonly string[] Footprint =
    [
        .. Kubeadm.Footprint,
        "/var/lib/yurthub",
        "/var/lib/openyurt",
        "/etc/sysctl.d/k8s.conf",
        "/etc/systemd/system/kubelet.service",
        "/etc/systemd/system/kubelet.service.d",
        "/etc/systemd/system/yurthub.service",
        "/etc/systemd/system/yurthub.service.d",
        "/usr/bin/kubelet",
        "/usr/bin/kubeadm",
        "/usr/bin/kubectl",
        "/usr/bin/yurthub",
        "/usr/local/bin/yurthub",
    ];

    public string Program => "yurtadm";

    public string Title => $"this machine has joined the OpenYurt cluster at {join.Endpoint}";

    public string Why =>
        "yurtadm takes its token as an argument only: whoever is on this machine can see it while the join runs";

    public string DoneFile => Kubeadm.KubeletConf;

    public string AgentService => "kubelet";

    public async Task<IReadOnlyList<string>> ListFootprintAsync(Machine machine, CancellationToken cancellationToken)
    {
        var help = await JoinProcess.HelpAsync(machine, Program, ["join"], cancellationToken);
        return help.Contains(ReuseCni, StringComparison.Ordinal) ? Footprint : [.. Footprint, "/opt/cni"];
    }

    public async Task RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        try
        {
            _ = await JoinProcess.HelpAsync(machine, Program, ["join"], cancellationToken);
        }
        catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                "cannot join an OpenYurt cluster: there is no yurtadm on this machine; put it into /usr/local/bin "
                    + "(github.com/openyurtio/openyurt, releases), or say joinBy: kubeadm"
            );
        }
        _ = await join.Token.ReadAsync(machine, cancellationToken);
    }

    public string? Warn(Machine machine)
    {
        var pods = StaticPods.List(machine);
        return pods.Count == 0
            ? null
            : $"yurtadm empties {StaticPods.DirectoryPath}: {string.Join(", ", pods)} will be kept aside and put back";
    }

    public async Task JoinAsync(Machine machine, CancellationToken cancellationToken)
    {
        var token = await join.Token.ReadAsync(machine, cancellationToken);
        var help = await JoinProcess.HelpAsync(machine, Program, ["join"], cancellationToken);
        await StaticPods.SetAsideAsync(machine, cancellationToken);
        FaultPoint.Reach("cluster.static-pods-aside");
        try
        {
            await JoinProcess.RunAsync(
                machine,
                new ChildCommand(Program, [.. Arguments(token, help)]),
                $"cannot join the OpenYurt cluster at {join.Endpoint}",
                token,
                cancellationToken
            );
        }
        finally
        {
            await StaticPods.PutBackAsync(machine, CancellationToken.None);
        }
    }

    /// <summary>
    /// kubeadm's: yurtadm reset removes kubelet, kubeadm and kubectl, the CNI plugins and all of /etc/kubernetes without
    /// asking whose they are. What yurtadm brought goes with the footprint.
    /// </summary>
    public Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(Kubeadm.Reset(node.Endpoint));

    private const string ReuseCni = "--reuse-cni-bin";

    private IEnumerable<string> Arguments(string token, string help)
    {
        yield return "join";
        yield return join.Endpoint;
        yield return $"--token={token}";
        yield return $"--discovery-token-ca-cert-hash={join.CaCertHash}";
        yield return $"--node-type={(nodeType == YurtNodeType.Cloud ? "cloud" : "edge")}";
        yield return $"--node-name={node.Name}";
        // Its default is Docker's socket, which nobody has any more.
        yield return $"--cri-socket={node.Socket}";
        if (node.Labels.Count > 0 && help.Contains("--node-labels", StringComparison.Ordinal))
        {
            yield return $"--node-labels={node.LabelList}";
        }
        if (help.Contains("--pause-image", StringComparison.Ordinal))
        {
            yield return $"--pause-image={node.SandboxImage}";
        }
        if (help.Contains(ReuseCni, StringComparison.Ordinal))
        {
            yield return ReuseCni;
        }
    }
}

/// <summary>Static pods of the machine, out of the way of a tool that removes them. Stateless, and safe to be killed anywhere.</summary>
internal static class StaticPods
{
    public const string DirectoryPath = "/etc/kubernetes/manifests";

    private const string ListName = "static-pods.json";

    public static IReadOnlyList<string> List(Machine machine)
    {
        var at = machine.At(DirectoryPath);
        return Directory.Exists(at)
            ? [.. Directory.EnumerateFiles(at).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Whether an earlier join was cut short before they were put back.</summary>
    public static bool AreAside(Machine machine) => Directory.Exists(Aside(machine));

    public static async Task SetAsideAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (AreAside(machine) || List(machine).Count == 0)
        {
            return;
        }
        // Complete under another name first: half of them aside would look like all of them.
        var building = Aside(machine) + ".new";
        if (Directory.Exists(building))
        {
            Directory.Delete(building, recursive: true);
        }
        Directory.CreateDirectory(building);
        var owners = new JsonObject();
        foreach (var name in List(machine))
        {
            var source = Path.Join(machine.At(DirectoryPath), name);
            var status = FileStatus.Read(source)!;
            owners[name] = new JsonObject
            {
                ["mode"] = (int)status.Mode,
                ["uid"] = status.Owner.Uid,
                ["gid"] = status.Owner.Gid,
            };
            await AtomicFile.CopyAsync(
                source,
                Path.Join(building, "pod-" + name),
                AtomicFile.SecretMode,
                cancellationToken: cancellationToken
            );
        }
        await AtomicFile.WriteAsync(
            Path.Join(building, ListName),
            System.Text.Encoding.UTF8.GetBytes(owners.ToJsonString()),
            AtomicFile.SecretMode,
            cancellationToken: cancellationToken
        );
        Directory.Move(building, Aside(machine));
        AtomicFile.SyncDirectory(Path.GetDirectoryName(Aside(machine))!);
    }

    /// <summary>Those that are not there again; one that the cluster has put there under the same name wins.</summary>
    public static async Task PutBackAsync(Machine machine, CancellationToken cancellationToken)
    {
        var aside = Aside(machine);
        if (!Directory.Exists(aside))
        {
            return;
        }
        var owners = JsonNode
            .Parse(await File.ReadAllBytesAsync(Path.Join(aside, ListName), cancellationToken))!
            .AsObject();
        Directory.CreateDirectory(machine.At(DirectoryPath));
        foreach (var (name, owner) in owners)
        {
            var target = Path.Join(machine.At(DirectoryPath), name);
            if (!File.Exists(target))
            {
                await AtomicFile.CopyAsync(
                    Path.Join(aside, "pod-" + name),
                    target,
                    (UnixFileMode)(int)owner!["mode"]!,
                    new FileOwner((uint)owner["uid"]!, (uint)owner["gid"]!),
                    cancellationToken
                );
            }
        }
        Directory.Delete(aside, recursive: true);
    }

    private static string Aside(Machine machine) =>
        Path.Join(ClusterJoinResource.StateDirectory(machine), "static-pods");
}
