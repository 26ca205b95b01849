using System.Text;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>
/// kubeadm, told by a configuration file that only root can read and that is gone afterwards: a token in its arguments
/// would be seen by everybody who runs ps.
/// </summary>
/// <param name="init">What the first machine of a new cluster is told; null joins one.</param>
internal sealed class Kubeadm(ClusterNode node, KubeadmInit? init, ClusterJoin? join)
    : JoinTool(
        node,
        new ClusterMembership(
            "kubernetes",
            "kubeadm",
            join is null ? AdminConf : KubeletConf,
            "kubelet",
            join is null
                ? "this machine is the first of a Kubernetes cluster"
                : $"this machine has joined the cluster at {join.Endpoint}"
        )
    )
{
    public const string KubeletConf = "/etc/kubernetes/kubelet.conf";

    private const string AdminConf = "/etc/kubernetes/admin.conf";

    internal const string StaticPodDirectory = "/etc/kubernetes/manifests";

    private const string EtcdDirectory = "/var/lib/etcd";

    /// <summary>
    /// What kubeadm, its reset and the kubelet write or empty. The resets of kubeadm and keadm empty the state of CNI and of
    /// Docker's shim without asking whose it is, those of kubeadm up to about 1.17 the networks too.
    /// </summary>
    internal static readonly JoinFootprint Footprint = new()
    {
        Shared = ["/etc/kubernetes", "/etc/cni/net.d"],
        Own = ["/var/lib/kubelet"],
        EmptiedByReset = ["/var/lib/cni", "/var/lib/dockershim"],
        OwnIfNew = ["/usr/libexec/kubernetes", "/var/log/pods", "/var/log/containers"],
    };

    /// <summary>Where the resets remove what is others' as well.</summary>
    internal static readonly string[] OfOthers = ["/etc/cni/net.d", .. Footprint.EmptiedByReset];

    private static readonly string[] Traces =
    [
        KubeletConf,
        AdminConf,
        "/etc/kubernetes/bootstrap-kubelet.conf",
        "/etc/kubernetes/pki/ca.crt",
        "/etc/kubernetes/manifests/kube-apiserver.yaml",
    ];

    public override string Why =>
        "the cluster says which pods run here; kubeadm gets its token in a file that only root can read";

    public override string? Destroys =>
        join is null ? $"the control plane on this machine and the cluster's data in {EtcdDirectory}" : null;

    protected override string Purpose =>
        join is null ? "cannot make a cluster" : $"cannot join the cluster at {join.Endpoint}";

    protected override string? Endpoint => join?.Endpoint;

    protected override SecretSpec? Token => join?.Token;

    /// <summary>etcd runs beside a control plane only: what is in its directory on any other node is not the join's.</summary>
    public override Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(join is null ? Footprint with { Own = [.. Footprint.Own, EtcdDirectory] } : Footprint);

    public override async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (FindTrace(machine) is { } trace)
        {
            throw NotSupported(trace);
        }
        if (join is not null && machine.ListFiles(StaticPodDirectory) is [var pod, ..])
        {
            throw NotSupported(
                $"kubeadm refuses a machine with static pods, and there is {pod}; move it away until the node has joined"
            );
        }
        _ = await VersionAsync(machine, cancellationToken);
        return await base.RequireAsync(machine, cancellationToken);
    }

    public override async Task JoinAsync(Machine machine, CancellationToken cancellationToken)
    {
        try
        {
            await base.JoinAsync(machine, cancellationToken);
        }
        finally
        {
            RemoveConfig(machine);
        }
    }

    protected override async Task<ChildCommand> JoinCommandAsync(
        Machine machine,
        string? token,
        CancellationToken cancellationToken
    )
    {
        var version = await VersionAsync(machine, cancellationToken);
        var text = join is null
            ? KubeadmConfig.Init(init!, Node, version)
            : KubeadmConfig.Join(join, token!, Node, version);
        Directory.CreateDirectory(machine.Paths.RuntimeDirectory);
        await AtomicFile.WriteAsync(
            ConfigPath(machine),
            Encoding.UTF8.GetBytes(text),
            AtomicFile.SecretMode,
            cancellationToken: cancellationToken
        );
        return new ChildCommand("kubeadm", join is null ? "init" : "join", "--config", ConfigPath(machine));
    }

    public override Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken) =>
        ResetAsync(machine, Node.Endpoint, isControlPlane: join is null, cancellationToken);

    /// <summary>
    /// What is left of somebody else's join, or still in use: kubeadm would refuse it, and taking that attempt back would
    /// reset what is not ours to reset.
    /// </summary>
    /// <returns>What to do about it; null when there is nothing.</returns>
    internal static string? FindTrace(Machine machine) =>
        Traces.FirstOrDefault(machine.Exists) is { } trace
            ? $"{trace} is there, so this machine is a part of a cluster or was left half way; if nobody needs that any more, take it away with kubeadm reset"
            : null;

    /// <summary>One that a killed join left has a token in it.</summary>
    internal static void RemoveConfig(Machine machine)
    {
        if (Directory.Exists(machine.Paths.RuntimeDirectory))
        {
            File.Delete(ConfigPath(machine));
        }
    }

    /// <summary>
    /// The reset of 1.36 empties /var/lib/etcd on every node, even where no etcd of kubeadm's ever ran: on a node that only
    /// joined it is told not to.
    /// </summary>
    internal static async Task<ChildCommand> ResetAsync(
        Machine machine,
        string endpoint,
        bool isControlPlane,
        CancellationToken cancellationToken
    )
    {
        var help = await AskablePrograms.KubeadmResetHelp.AskAsync(machine, cancellationToken);
        var keepsEtcd = !isControlPlane && help.Output.Contains("--skip-phases", StringComparison.Ordinal);
        string[] skipped = keepsEtcd ? ["--skip-phases=remove-etcd-member"] : [];
        return new ChildCommand("kubeadm", ["reset", "--force", "--cri-socket", endpoint, .. skipped]);
    }

    private static string ConfigPath(Machine machine) => Path.Join(machine.Paths.RuntimeDirectory, "kubeadm.yaml");

    private Task<ProgramVersion> VersionAsync(Machine machine, CancellationToken cancellationToken) =>
        AskVersionAsync(
            machine,
            AskablePrograms.KubeadmVersion,
            "install kubeadm and kubelet from https://pkgs.k8s.io, or run the join yourself and leave init and join out of spec.cluster",
            cancellationToken
        );
}
