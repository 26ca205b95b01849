using Holdfast.Document;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Programs;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Cni;

namespace Holdfast.Node.Joining;

/// <summary>
/// A node whose pods belong to kubelet or edgecore: it joins its cluster once host and runtimes are ready, and the agent's
/// configuration agrees with the runtime. Nothing of it for a standalone node. Stateless.
/// </summary>
internal sealed class ClusterComponent : IComponent
{
    /// <summary>Where keadm and KubeEdge's own instructions put it.</summary>
    private const string Edgecore = "/usr/local/bin/edgecore";

    private const string EdgecoreUnit = "/etc/systemd/system/edgecore.service";

    public string Name => "cluster";

    /// <summary>Where the network's configuration lies; the same for all runtimes of the node.</summary>
    public string CniConfigDirectory { get; init; } = "/etc/cni/net.d";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        if (spec.Cluster.IsStandalone)
        {
            return [];
        }
        var node = new ClusterNode
        {
            Name = spec.Name,
            Labels = spec.NodeLabels,
            Socket = spec.Runtimes[0].Socket,
            SandboxImage = spec.Runtimes[0].SandboxImage,
            CgroupDriver = NodeCgroupDriver.Resolve(spec, facts),
            CniConfigDirectory = CniConfigDirectory,
            CniPluginDirectory = CniComponent.DirectoryOf(spec.Network, facts),
        };
        return spec.Cluster switch
        {
            KubernetesCluster { Init: { } init } => Kubelet(spec, new Kubeadm(node, init), node),
            KubernetesCluster { Join: { } join } => Kubelet(spec, new Kubeadm(node, join), node),
            OpenYurtCluster { Join: { } join, JoinBy: YurtJoinTool.Kubeadm } => Kubelet(
                spec,
                new Kubeadm(node, join),
                node
            ),
            OpenYurtCluster { Join: { } join } yurt =>
            [
                .. Kubelet(spec, new Yurtadm(node, join, yurt.NodeType), node),
                .. Yurthub(),
            ],
            KubernetesCluster => Kubelet(spec, Joined("kubernetes", "kubeadm"), node),
            OpenYurtCluster => [.. Kubelet(spec, Joined("openyurt", "yurtadm"), node), .. Yurthub()],
            KubeEdgeCluster edge => BuildEdgecore(spec, edge, node),
            _ => throw new InvalidOperationException($"internal error: unknown cluster {spec.Cluster.Kind}"),
        };
    }

    private static JoinedAlready Joined(string kind, string program) =>
        new(kind, program, Kubeadm.KubeletConf, "kubelet");

    private static IEnumerable<IStep> Kubelet(EdgeNodeSpec spec, IJoinTool tool, ClusterNode node)
    {
        var version = FindKubeletVersion;
        yield return new ClusterJoinResource(tool);
        yield return new AgentFileResource(
            KubeletFiles.ConfigFile,
            (current, kubelet) => KubeletFiles.EditConfig(current, node, kubelet)
        )
        {
            DoneFile = tool.DoneFile,
            FindVersion = version,
            Title = "the kubelet's configuration agrees with the runtime",
            Why = $"both make control groups by {node.CgroupDriverName}, or pods do not start",
        };
        yield return new AgentFileResource(
            KubeletFiles.KubeadmFlags,
            (current, kubelet) => KubeletFiles.EditKubeadmFlags(current, node, kubelet)
        )
        {
            DoneFile = tool.DoneFile,
            FindVersion = version,
            Title = "the kubelet's flags lead to the runtime",
        };
        foreach (var file in KubeletFiles.ExtraFlags)
        {
            yield return new AgentFileResource(file, (current, _) => KubeletFiles.EditExtraFlags(current, node))
            {
                DoneFile = tool.DoneFile,
                Title = $"{file} says nothing else than the kubelet's configuration",
                Why = "these flags win over every file",
            };
        }
        var order = StartOrder("kubelet", spec);
        yield return order;
        yield return new AgentServiceResource(
            new ServiceDefinition("kubelet", "kubelet", ["/usr/bin/kubelet"]) { HasUnitFromPackage = true },
            [KubeletFiles.ConfigFile, KubeletFiles.KubeadmFlags, .. KubeletFiles.ExtraFlags, DropIn("kubelet")]
        )
        {
            Why = "it runs the pods of this node",
        };
    }

    /// <summary>One that does not answer is edited in the keys that its file has.</summary>
    private static async Task<ProgramVersion?> FindKubeletVersion(
        Machine machine,
        byte[]? content,
        CancellationToken cancellationToken
    ) => (await AskablePrograms.KubeletVersion.AskAsync(machine, cancellationToken)).Version;

    /// <summary>yurtadm's unit has no [Install]: without it the kubelet finds nobody to talk to after a reboot.</summary>
    private static IEnumerable<IStep> Yurthub()
    {
        yield return new AgentFileResource(
            DropIn("yurthub"),
            (_, _) => System.Text.Encoding.UTF8.GetBytes(YurthubInstall)
        )
        {
            Needs = "/etc/systemd/system/yurthub.service",
            DoneFile = Kubeadm.KubeletConf,
            Title = "yurthub starts after a reboot",
            Why = "its unit says nothing of it",
        };
        yield return new WhenPresentResource(
            new AgentServiceResource(
                new ServiceDefinition("yurthub", "yurthub", ["/usr/local/bin/yurthub"]) { HasUnitFromPackage = true },
                []
            ),
            "/etc/systemd/system/yurthub.service",
            Kubeadm.KubeletConf
        );
    }

    private static IEnumerable<IStep> BuildEdgecore(EdgeNodeSpec spec, KubeEdgeCluster cluster, ClusterNode node)
    {
        var config = new EdgecoreConfig { Node = node, Cluster = cluster };
        yield return new ClusterJoinResource(new Keadm(node, cluster));
        yield return new AgentFileResource(cluster.EdgecoreConfig, config.Edit)
        {
            DoneFile = cluster.EdgecoreConfig,
            FindVersion = (machine, content, cancellationToken) =>
                EdgecoreVersion.FindAsync(machine, content, cluster.Version, cancellationToken),
            Mask = DocumentSecrets.Mask,
            Title = "edgecore's configuration agrees with the runtime",
            Why = $"edgecore talks to {node.Endpoint}, and both make control groups by {node.CgroupDriverName}",
        };
        yield return StartOrder("edgecore", spec);
        yield return new AgentServiceResource(
            new ServiceDefinition("edgecore", "KubeEdge's edgecore", [Edgecore, "--config", cluster.EdgecoreConfig])
            {
                HasUnitFromPackage = true,
            },
            [cluster.EdgecoreConfig, EdgecoreUnit, DropIn("edgecore")]
        )
        {
            Why = "it runs the pods of this node",
        };
    }

    private static string DropIn(string service) => $"/etc/systemd/system/{service}.service.d/20-holdfast.conf";

    private static FileResource StartOrder(string service, EdgeNodeSpec spec)
    {
        var runtimes = string.Join(' ', spec.Runtimes.Select(runtime => $"{runtime.Service}.service"));
        return new FileResource(
            DropIn(service),
            $"# Written by Holdfast; \"holdfast undo\" removes it.\n[Unit]\nWants={runtimes}\nAfter={runtimes}\n"
        )
        {
            Title = $"{service} starts after the runtimes",
        };
    }

    private const string YurthubInstall =
        "# Written by Holdfast; \"holdfast undo\" removes it.\n[Install]\nWantedBy=multi-user.target\n";
}
