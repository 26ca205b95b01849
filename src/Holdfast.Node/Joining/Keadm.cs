using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>keadm join, with the flags that its version knows. It takes its token as an argument only.</summary>
internal sealed class Keadm(ClusterNode node, KubeEdgeCluster cluster)
    : JoinTool(
        node,
        new ClusterMembership(
            "kubeedge",
            "keadm",
            cluster.EdgecoreConfig,
            "edgecore",
            cluster.Cloudcore is { } cloudcore
                ? $"this machine has joined KubeEdge's cloudcore at {cloudcore}"
                : "this machine has joined KubeEdge"
        )
    )
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

    protected override string Purpose =>
        cluster.Cloudcore is null ? "cannot join KubeEdge" : $"cannot join KubeEdge's cloudcore at {cluster.Cloudcore}";

    protected override string? Endpoint => cluster.Cloudcore;

    protected override SecretSpec? Token => cluster.Token;

    /// <summary>cloudcore's own tokens are no bootstrap tokens.</summary>
    protected override bool EndpointKnowsTokens => false;

    public override Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(Footprint);

    public override async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        var missing = $"there is no {cluster.EdgecoreConfig}, and";
        if (cluster.Cloudcore is null)
        {
            throw NotSupported(
                $"{missing} the node document does not say where cloudcore is; add cloudcore and tokenFile to spec.cluster.kubeedge, or correct edgecoreConfig"
            );
        }
        if (cluster.EdgecoreConfig != KubeEdgeCluster.DefaultConfigFile)
        {
            throw NotSupported(
                $"{missing} keadm writes only {KubeEdgeCluster.DefaultConfigFile}; leave edgecoreConfig out, or write the file yourself"
            );
        }
        // keadm would refuse it, and taking that attempt back would reset what is not ours to reset.
        var directory = machine.At("/etc/kubeedge");
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw NotSupported(
                $"{missing} there is something else in /etc/kubeedge, from an earlier join; take it away with keadm reset, or move it aside"
            );
        }
        _ = await VersionAsync(machine, cancellationToken);
        return ProgramPath.Find(machine, "sudo") is null
            ? throw NotSupported(JoinFailure.SudoMissing.Remedy)
            : await base.RequireAsync(machine, cancellationToken);
    }

    protected override async Task<ChildCommand> JoinCommandAsync(
        Machine machine,
        string? token,
        CancellationToken cancellationToken
    )
    {
        var version = await VersionAsync(machine, cancellationToken);
        var help = (await AskablePrograms.KeadmJoinHelp.AskAsync(machine, cancellationToken)).Output;
        return new ChildCommand("keadm", [.. Arguments(version, token!, help)]);
    }

    public override async Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken)
    {
        // Since cloud and edge are reset by commands of their own, the edge has to be named.
        var help = (await AskablePrograms.KeadmResetHelp.AskAsync(machine, cancellationToken)).Output;
        return help.Contains("reset edge", StringComparison.Ordinal)
            ? new ChildCommand("keadm", "reset", "edge", "--force")
            : new ChildCommand("keadm", "reset", "--force");
    }

    private IEnumerable<string> Arguments(ProgramVersion version, string token, string help)
    {
        // What is installed is of the document's version where it names one, whatever keadm's own is.
        var edgecore = ProgramVersion.Find(cluster.Version) ?? version;
        yield return "join";
        yield return $"--cloudcore-ipport={cluster.Cloudcore}";
        yield return $"--edgenode-name={Node.Name}";
        yield return $"--token={token}";
        yield return $"--remote-runtime-endpoint={Node.Endpoint}";
        if (!edgecore.IsAtLeast(1, 14))
        {
            // Before 1.14 the default is Docker; since 1.16 the flag is gone.
            yield return "--runtimetype=remote";
        }
        if (help.Contains("--cgroupdriver", StringComparison.Ordinal))
        {
            yield return $"--cgroupdriver={Node.CgroupDriverName}";
        }
        if (Node.Labels.Count > 0 && help.Contains("--labels", StringComparison.Ordinal))
        {
            yield return $"--labels={Node.LabelList}";
        }
        if (cluster.Version is { } wanted)
        {
            yield return $"--kubeedge-version=v{wanted}";
        }
    }

    private Task<ProgramVersion> VersionAsync(Machine machine, CancellationToken cancellationToken) =>
        AskVersionAsync(
            machine,
            AskablePrograms.KeadmVersion,
            "put keadm into /usr/local/bin (github.com/kubeedge/kubeedge, releases), or set edgecore up yourself",
            cancellationToken
        );
}
