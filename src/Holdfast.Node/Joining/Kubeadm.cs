using System.Text;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>
/// kubeadm, told by a configuration file that only root can read and that is gone afterwards: a token in its arguments
/// would be seen by everybody who runs ps. Immutable.
/// </summary>
internal sealed class Kubeadm : IJoinTool
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

    private readonly ClusterNode node;
    private readonly KubeadmInit? init;
    private readonly ClusterJoin? join;

    public Kubeadm(ClusterNode node, KubeadmInit init)
    {
        this.node = node;
        this.init = init;
    }

    public Kubeadm(ClusterNode node, ClusterJoin join)
    {
        this.node = node;
        this.join = join;
    }

    public ClusterMembership Membership =>
        new(
            "kubernetes",
            "kubeadm",
            join is null ? AdminConf : KubeletConf,
            "kubelet",
            join is null
                ? "this machine is the first of a Kubernetes cluster"
                : $"this machine has joined the cluster at {join.Endpoint}"
        );

    public string NodeName => node.Name;

    public string? Destroys =>
        join is null ? $"the control plane on this machine and the cluster's data in {EtcdDirectory}" : null;

    public string Why =>
        "the cluster says which pods run here; kubeadm gets its token in a file that only root can read";

    /// <summary>etcd runs beside a control plane only: what is in its directory on any other node is not the join's.</summary>
    public Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(join is null ? Footprint with { Own = [.. Footprint.Own, EtcdDirectory] } : Footprint);

    public async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        RefuseTraces(machine);
        if (join is not null && machine.ListFiles(StaticPodDirectory) is [var pod, ..])
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot join a cluster: kubeadm refuses a machine with static pods, and there is {pod}; "
                    + "move it away until the node has joined"
            );
        }

        _ = await VersionAsync(machine, cancellationToken);
        if (join is not null)
        {
            _ = await join.Token.ReadAsync(machine, cancellationToken);
        }
        return null;
    }

    public async Task JoinAsync(Machine machine, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(machine, cancellationToken);
        var token = join is null ? null : await join.Token.ReadAsync(machine, cancellationToken);
        var text = join is null
            ? KubeadmConfig.Init(init!, node, version)
            : KubeadmConfig.Join(join, token!, node, version);
        var file = ConfigPath(machine);
        Directory.CreateDirectory(machine.Paths.RuntimeDirectory);
        try
        {
            await AtomicFile.WriteAsync(
                file,
                Encoding.UTF8.GetBytes(text),
                AtomicFile.SecretMode,
                cancellationToken: cancellationToken
            );
            FaultPoint.Reach("cluster.before-join");
            await JoinProcess.RunAsync(
                machine,
                new ChildCommand("kubeadm", join is null ? "init" : "join", "--config", file),
                join is null ? "cannot make a cluster" : $"cannot join the cluster at {join.Endpoint}",
                token,
                cancellationToken
            );
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// What is left of somebody else's join, or still in use: kubeadm would refuse it, and taking that attempt back would
    /// reset what is not ours to reset.
    /// </summary>
    internal static void RefuseTraces(Machine machine)
    {
        var trace = Traces.FirstOrDefault(machine.Exists);
        if (trace is not null)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot join a cluster: {trace} is there, so this machine is a part of one or was left half way; "
                    + "if nobody needs that any more, take it away with kubeadm reset"
            );
        }
    }

    /// <summary>One that a killed join left, with a token in it.</summary>
    internal static void RemoveConfig(Machine machine)
    {
        if (File.Exists(ConfigPath(machine)))
        {
            File.Delete(ConfigPath(machine));
        }
    }

    public Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken) =>
        ResetAsync(machine, node.Endpoint, isControlPlane: join is null, cancellationToken);

    public async Task RequireReachAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (join is not null)
        {
            await ClusterReach.RequireTokenAsync(
                machine,
                join.Endpoint,
                await join.Token.ReadAsync(machine, cancellationToken),
                $"cannot join the cluster at {join.Endpoint}",
                cancellationToken
            );
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
        var help = isControlPlane ? null : await AskablePrograms.KubeadmResetHelp.AskAsync(machine, cancellationToken);
        string[] skipped =
            help?.Output.Contains("--skip-phases", StringComparison.Ordinal) == true
                ? ["--skip-phases=remove-etcd-member"]
                : [];
        return new ChildCommand("kubeadm", ["reset", "--force", "--cri-socket", endpoint, .. skipped]);
    }

    private static string ConfigPath(Machine machine) => Path.Join(machine.Paths.RuntimeDirectory, "kubeadm.yaml");

    private static async Task<ProgramVersion> VersionAsync(Machine machine, CancellationToken cancellationToken) =>
        (
            await JoinProcess.RequireAsync(
                machine,
                AskablePrograms.KubeadmVersion,
                "cannot join a cluster",
                "install kubeadm and kubelet from https://pkgs.k8s.io, or run the join yourself and leave init and join "
                    + "out of spec.cluster",
                cancellationToken
            )
        ).Version
        ?? throw new NodeException(
            NodeReason.NotSupported,
            $"cannot join a cluster: \"{AskablePrograms.KubeadmVersion}\" prints no version; install another kubeadm"
        );
}
