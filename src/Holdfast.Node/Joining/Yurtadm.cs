using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>
/// yurtadm join. It takes its token as an argument only, empties the directory of static pods, and replaces files and
/// programs of the machine.
/// </summary>
internal sealed class Yurtadm(ClusterNode node, ClusterJoin join, YurtNodeType nodeType) : IJoinTool
{
    /// <summary>Beside what kubeadm writes.</summary>
    private static readonly string[] Shared =
    [
        .. Kubeadm.Footprint.Shared,
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

    public ClusterMembership Membership =>
        new(
            "openyurt",
            "yurtadm",
            Kubeadm.KubeletConf,
            "kubelet",
            $"this machine has joined the OpenYurt cluster at {join.Endpoint}"
        );

    public string NodeName => node.Name;

    public string Why =>
        "the cluster says which pods run here; yurtadm takes its token as an argument, which whoever is on this machine can see while it joins";

    public IReadOnlyList<string> Services => ["kubelet", "yurthub"];

    public async Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken)
    {
        var help = await HelpAsync(machine, cancellationToken);
        return Kubeadm.Footprint with
        {
            Shared = help.Contains(ReuseCni, StringComparison.Ordinal) ? Shared : [.. Shared, "/opt/cni"],
            // yurthub keeps what it has seen of the cluster in the first.
            Own = ["/etc/kubernetes/cache", .. Kubeadm.Footprint.Own, "/var/lib/yurthub", "/var/lib/openyurt"],
        };
    }

    public async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        Kubeadm.RefuseTraces(machine);
        _ = await HelpAsync(machine, cancellationToken);
        _ = await join.Token.ReadAsync(machine, cancellationToken);
        var pods = machine.ListFiles(Kubeadm.StaticPodDirectory);
        return pods.Count == 0
            ? null
            : $"yurtadm removes static pods: {string.Join(", ", pods)} will be kept and put back";
    }

    public async Task RequireReachAsync(Machine machine, CancellationToken cancellationToken) =>
        await ClusterReach.RequireTokenAsync(
            machine,
            join.Endpoint,
            await join.Token.ReadAsync(machine, cancellationToken),
            $"cannot join the OpenYurt cluster at {join.Endpoint}",
            cancellationToken
        );

    public async Task JoinAsync(Machine machine, CancellationToken cancellationToken)
    {
        var token = await join.Token.ReadAsync(machine, cancellationToken);
        var help = await HelpAsync(machine, cancellationToken);
        FaultPoint.Reach("cluster.before-yurtadm");
        await JoinProcess.RunAsync(
            machine,
            new ChildCommand("yurtadm", [.. Arguments(token, help)]),
            $"cannot join the OpenYurt cluster at {join.Endpoint}",
            token,
            cancellationToken
        );
    }

    /// <summary>
    /// kubeadm's: yurtadm reset removes kubelet, kubeadm and kubectl, the CNI plugins and all of /etc/kubernetes without
    /// asking whose they are. What yurtadm brought goes with the footprint.
    /// </summary>
    public Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken) =>
        Kubeadm.ResetAsync(machine, node.Endpoint, isControlPlane: false, cancellationToken);

    private const string ReuseCni = "--reuse-cni-bin";

    private static async Task<string> HelpAsync(Machine machine, CancellationToken cancellationToken)
    {
        var help = await JoinProcess.RequireAsync(
            machine,
            AskablePrograms.YurtadmJoinHelp,
            "cannot join an OpenYurt cluster",
            "put it into /usr/local/bin (github.com/openyurtio/openyurt, releases), or say joinBy: kubeadm",
            cancellationToken
        );
        return help.Output + help.Errors;
    }

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
