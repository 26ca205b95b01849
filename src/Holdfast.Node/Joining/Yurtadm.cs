using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>
/// yurtadm join. It takes its token as an argument only, empties the directory of static pods, and replaces files and
/// programs of the machine.
/// </summary>
internal sealed class Yurtadm(ClusterNode node, ClusterJoin join, YurtNodeType nodeType)
    : JoinTool(
        node,
        new ClusterMembership(
            "openyurt",
            "yurtadm",
            Kubeadm.KubeletConf,
            "kubelet",
            $"this machine has joined the OpenYurt cluster at {join.Endpoint}"
        )
    )
{
    private const string ReuseCni = "--reuse-cni-bin";

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

    public override IReadOnlyList<string> Services => ["kubelet", "yurthub"];

    protected override string Purpose => $"cannot join the OpenYurt cluster at {join.Endpoint}";

    protected override string Endpoint => join.Endpoint;

    protected override SecretSpec Token => join.Token;

    public override async Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken)
    {
        var help = await HelpAsync(machine, cancellationToken);
        return Kubeadm.Footprint with
        {
            Shared = help.Contains(ReuseCni, StringComparison.Ordinal) ? Shared : [.. Shared, "/opt/cni"],
            // yurthub keeps what it has seen of the cluster in the first.
            Own = ["/etc/kubernetes/cache", .. Kubeadm.Footprint.Own, "/var/lib/yurthub", "/var/lib/openyurt"],
        };
    }

    public override async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (Kubeadm.FindTrace(machine) is { } trace)
        {
            throw NotSupported(trace);
        }
        _ = await HelpAsync(machine, cancellationToken);
        _ = await base.RequireAsync(machine, cancellationToken);
        var pods = machine.ListFiles(Kubeadm.StaticPodDirectory);
        return pods.Count == 0
            ? null
            : $"yurtadm removes static pods: {string.Join(", ", pods)} will be kept and put back";
    }

    protected override async Task<ChildCommand> JoinCommandAsync(
        Machine machine,
        string? token,
        CancellationToken cancellationToken
    ) => new("yurtadm", [.. Arguments(token!, await HelpAsync(machine, cancellationToken))]);

    /// <summary>
    /// kubeadm's: yurtadm reset removes kubelet, kubeadm and kubectl, the CNI plugins and all of /etc/kubernetes without
    /// asking whose they are. What yurtadm brought goes with the footprint.
    /// </summary>
    public override Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken) =>
        Kubeadm.ResetAsync(machine, Node.Endpoint, isControlPlane: false, cancellationToken);

    private async Task<string> HelpAsync(Machine machine, CancellationToken cancellationToken)
    {
        var help = await AskAsync(
            machine,
            AskablePrograms.YurtadmJoinHelp,
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
        yield return $"--node-name={Node.Name}";
        // Its default is Docker's socket, which nobody has any more.
        yield return $"--cri-socket={Node.Socket}";
        if (Node.Labels.Count > 0 && help.Contains("--node-labels", StringComparison.Ordinal))
        {
            yield return $"--node-labels={Node.LabelList}";
        }
        if (help.Contains("--pause-image", StringComparison.Ordinal))
        {
            yield return $"--pause-image={Node.SandboxImage}";
        }
        if (help.Contains(ReuseCni, StringComparison.Ordinal))
        {
            yield return ReuseCni;
        }
    }
}
