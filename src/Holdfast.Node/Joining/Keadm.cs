using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>keadm join, with the flags that its version knows. It takes its token as an argument only.</summary>
internal sealed class Keadm(ClusterNode node, KubeEdgeCluster cluster) : IJoinTool
{
    private static readonly JoinFootprint Footprint = Kubeadm.Footprint with
    {
        Shared =
        [
            "/etc/cni/net.d",
            "/etc/systemd/system/edgecore.service",
            "/lib/systemd/system/edgecore.service",
            "/usr/local/bin/edgecore",
        ],
        Own = ["/etc/kubeedge", "/var/lib/kubelet", "/var/lib/kubeedge", "/var/lib/edged", "/var/log/kubeedge"],
    };

    public ClusterMembership Membership =>
        new(
            "kubeedge",
            "keadm",
            cluster.EdgecoreConfig,
            "edgecore",
            cluster.Cloudcore is { } cloudcore
                ? $"this machine has joined KubeEdge's cloudcore at {cloudcore}"
                : "this machine has joined KubeEdge"
        );

    public string NodeName => node.Name;

    public string Why =>
        "the cluster says which pods run here; keadm takes its token as an argument, which whoever is on this machine can see while it joins";

    public Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(Footprint);

    public async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (cluster.Cloudcore is null || cluster.Token is null)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot join KubeEdge: there is no {cluster.EdgecoreConfig}, and the node document does not say where "
                    + "cloudcore is; add cloudcore and tokenFile to spec.cluster.kubeedge, or correct edgecoreConfig"
            );
        }
        if (cluster.EdgecoreConfig != KubeEdgeCluster.DefaultConfigFile)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot join KubeEdge: there is no {cluster.EdgecoreConfig}, and keadm writes only "
                    + $"{KubeEdgeCluster.DefaultConfigFile}; leave edgecoreConfig out, or write the file yourself"
            );
        }
        // keadm would refuse it, and taking that attempt back would reset what is not ours to reset.
        var directory = machine.At("/etc/kubeedge");
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot join KubeEdge: there is no {cluster.EdgecoreConfig}, but something else in /etc/kubeedge, from an "
                    + "earlier join; take it away with keadm reset, or move it aside"
            );
        }

        _ = await VersionAsync(machine, cancellationToken);
        if (ProgramPath.Find(machine, "sudo") is null)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot join KubeEdge: {JoinErrorHints.RemedyOf(JoinFailure.SudoMissing)}"
            );
        }
        _ = await cluster.Token.ReadAsync(machine, cancellationToken);
        return null;
    }

    public async Task JoinAsync(Machine machine, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(machine, cancellationToken);
        var token = await cluster.Token!.ReadAsync(machine, cancellationToken);
        var help = (await AskablePrograms.KeadmJoinHelp.AskAsync(machine, cancellationToken)).Output;
        FaultPoint.Reach("cluster.before-keadm");
        await JoinProcess.RunAsync(
            machine,
            new ChildCommand("keadm", [.. Arguments(version, token, help)]),
            $"cannot join KubeEdge's cloudcore at {cluster.Cloudcore}",
            token,
            cancellationToken
        );
    }

    public Task RequireReachAsync(Machine machine, CancellationToken cancellationToken) =>
        ClusterReach.RequireListenerAsync(
            machine,
            cluster.Cloudcore!,
            $"cannot join KubeEdge's cloudcore at {cluster.Cloudcore}",
            cancellationToken
        );

    public async Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken)
    {
        // Since cloud and edge are reset by commands of their own, the edge has to be named.
        var help = (await AskablePrograms.KeadmResetHelp.AskAsync(machine, cancellationToken)).Output;
        return help.Contains("reset edge", StringComparison.Ordinal)
            ? new ChildCommand("keadm", "reset", "edge", "--force")
            : new ChildCommand("keadm", "reset", "--force");
    }

    internal IEnumerable<string> Arguments(ProgramVersion version, string token, string help)
    {
        // What is installed is of the document's version where it names one, whatever keadm's own is.
        var edgecore = ProgramVersion.Find(cluster.Version) ?? version;
        yield return "join";
        yield return $"--cloudcore-ipport={cluster.Cloudcore}";
        yield return $"--edgenode-name={node.Name}";
        yield return $"--token={token}";
        yield return $"--remote-runtime-endpoint={node.Endpoint}";
        if (!edgecore.IsAtLeast(1, 14))
        {
            // Before 1.14 the default is Docker; since 1.16 the flag is gone.
            yield return "--runtimetype=remote";
        }
        if (help.Contains("--cgroupdriver", StringComparison.Ordinal))
        {
            yield return $"--cgroupdriver={node.CgroupDriverName}";
        }
        if (node.Labels.Count > 0 && help.Contains("--labels", StringComparison.Ordinal))
        {
            yield return $"--labels={node.LabelList}";
        }
        if (cluster.Version is { } wanted)
        {
            yield return $"--kubeedge-version=v{wanted}";
        }
    }

    private async Task<ProgramVersion> VersionAsync(Machine machine, CancellationToken cancellationToken) =>
        (
            await JoinProcess.RequireAsync(
                machine,
                AskablePrograms.KeadmVersion,
                $"cannot join KubeEdge: there is no {cluster.EdgecoreConfig}, which keadm writes",
                "put keadm into /usr/local/bin (github.com/kubeedge/kubeedge, releases), or set edgecore up yourself",
                cancellationToken
            )
        ).Version
        ?? throw new NodeException(
            NodeReason.NotSupported,
            $"cannot join KubeEdge: \"{AskablePrograms.KeadmVersion}\" prints no version; install another keadm"
        );
}
