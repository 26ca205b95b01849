using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

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
        "the cluster says which pods run here; yurtadm takes its token as an argument, which whoever is on this machine can see while it joins";

    public string DoneFile => Kubeadm.KubeletConf;

    public string AgentService => "kubelet";

    public IReadOnlyList<string> Services => [AgentService, "yurthub"];

    public async Task<IReadOnlyList<string>> ListFootprintAsync(Machine machine, CancellationToken cancellationToken)
    {
        var help = await HelpAsync(machine, cancellationToken);
        return help.Contains(ReuseCni, StringComparison.Ordinal) ? Footprint : [.. Footprint, "/opt/cni"];
    }

    public async Task RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        Kubeadm.RefuseTraces(machine);
        _ = await HelpAsync(machine, cancellationToken);
        _ = await join.Token.ReadAsync(machine, cancellationToken);
    }

    public string? Warn(Machine machine)
    {
        var pods = StaticPods.List(machine);
        return pods.Count == 0
            ? null
            : $"yurtadm empties {StaticPods.DirectoryPath}: {string.Join(", ", pods)} will be kept aside and put back";
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
