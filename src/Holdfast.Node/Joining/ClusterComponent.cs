using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>
/// A node whose pods belong to kubelet or edgecore: it joins its cluster once host and runtimes are ready, and the agent's
/// configuration agrees with the runtime. Nothing of it for a standalone node.
/// </summary>
internal sealed class ClusterComponent : IComponent
{
    /// <summary>Where keadm and KubeEdge's own instructions put it.</summary>
    private const string Edgecore = "/usr/local/bin/edgecore";

    private const string Heading = "# Written by Holdfast; \"holdfast undo\" removes it.\n";

    private const string EdgecoreUnit = "/etc/systemd/system/edgecore.service";

    public string Name => "cluster";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        var node = ClusterNode.Of(spec, facts);
        return spec.Cluster switch
        {
            KubernetesCluster { Init: null, Join: null } => Kubelet(spec, node, Joined("kubernetes", "kubeadm")),
            KubernetesCluster cluster => Kubelet(spec, node, Join(new Kubeadm(node, cluster.Init, cluster.Join))),
            OpenYurtCluster { Join: { } join, JoinBy: YurtJoinTool.Kubeadm } => Kubelet(
                spec,
                node,
                Join(new Kubeadm(node, init: null, join))
            ),
            OpenYurtCluster { Join: { } join } cluster =>
            [
                .. Kubelet(spec, node, Join(new Yurtadm(node, join, cluster.NodeType))),
                .. Yurthub(),
            ],
            OpenYurtCluster => [.. Kubelet(spec, node, Joined("openyurt", "yurtadm")), .. Yurthub()],
            KubeEdgeCluster cluster => BuildEdgecore(spec, cluster, node),
            _ => [],
        };
    }

    private static JoinChange Join(JoinTool tool) => new(tool.Membership, tool) { Why = tool.Why };

    private static JoinChange Joined(string kind, string program) =>
        new(
            new ClusterMembership(
                kind,
                program,
                Kubeadm.KubeletConf,
                "kubelet",
                $"this machine is a node of a {kind} cluster"
            ),
            tool: null
        )
        {
            Why = "the node document says no way to join, so it must have joined before",
        };

    private static IEnumerable<IStep> Kubelet(EdgeNodeSpec spec, ClusterNode node, JoinChange join)
    {
        yield return join;
        yield return KubeletFile(
            KubeletFiles.ConfigFile,
            join,
            (text, kubelet) => KubeletFiles.EditConfig(text, node, kubelet),
            $"both make control groups by {node.CgroupDriverName}, or pods do not start",
            "the kubelet's configuration agrees with the runtime"
        );
        yield return KubeletFile(
            KubeletFiles.InstanceConfigFile,
            join,
            (text, _) => KubeletFiles.EditInstanceConfig(text, node),
            "kubeadm upgrade merges it into the configuration again",
            "the kubelet's configuration of this instance agrees with the runtime"
        );
        yield return KubeletFile(
            KubeletFiles.KubeadmFlags,
            join,
            (text, kubelet) => KubeletFiles.EditKubeadmFlags(text, node, kubelet),
            null,
            "the kubelet's flags lead to the runtime"
        );
        foreach (var file in KubeletFiles.ExtraFlags)
        {
            yield return KubeletFile(
                file,
                join,
                (text, _) => KubeletFiles.EditExtraFlags(text, node),
                "these flags win over every file",
                $"{file} says nothing but what the kubelet's configuration says"
            );
        }
        yield return StartOrder("kubelet", spec);
        yield return AgentService(
            "kubelet",
            "/usr/bin/kubelet",
            [
                KubeletFiles.ConfigFile,
                KubeletFiles.InstanceConfigFile,
                KubeletFiles.KubeadmFlags,
                .. KubeletFiles.ExtraFlags,
                DropIn("kubelet"),
            ]
        );
    }

    /// <summary>A file that the join or the kubelet's package brings, in some versions.</summary>
    private static FileChange KubeletFile(
        string path,
        JoinChange join,
        Func<byte[]?, ProgramVersion?, byte[]> edit,
        string? why,
        string title
    ) =>
        new(path, async (machine, text, token) => edit(text, await FindKubeletVersionAsync(machine, token)))
        {
            Condition = Needs(path, join.DoneFile),
            Title = title,
            Why = why,
        };

    /// <summary>One that does not answer is edited in the keys that its file has.</summary>
    private static async Task<ProgramVersion?> FindKubeletVersionAsync(
        Machine machine,
        CancellationToken cancellationToken
    ) => (await AskablePrograms.KubeletVersion.AskAsync(machine, cancellationToken)).Version;

    /// <summary>yurtadm's unit has no [Install]: without it the kubelet finds no API server after a reboot.</summary>
    private static IEnumerable<IStep> Yurthub()
    {
        const string unit = "/etc/systemd/system/yurthub.service";
        yield return new FileChange(DropIn("yurthub"), Heading + "[Install]\nWantedBy=multi-user.target\n")
        {
            Condition = Needs(unit, Kubeadm.KubeletConf),
            Title = "yurthub starts after a reboot",
            Why = "its unit says nothing of it",
        };
        yield return AgentService("yurthub", "/usr/local/bin/yurthub", [], Needs(unit, Kubeadm.KubeletConf));
    }

    private static IEnumerable<IStep> BuildEdgecore(EdgeNodeSpec spec, KubeEdgeCluster cluster, ClusterNode node)
    {
        var config = new EdgecoreConfig(node, cluster);
        yield return Join(new Keadm(node, cluster));
        yield return new FileChange(
            cluster.EdgecoreConfig,
            async (machine, text, token) => config.Edit(text, await config.FindVersionAsync(machine, text, token))
        )
        {
            Condition = Needs(cluster.EdgecoreConfig, cluster.EdgecoreConfig),
            Mask = DocumentSecrets.Mask,
            Title = "edgecore's configuration agrees with the runtime",
            Why = $"edgecore talks to {node.Endpoint}, and both make control groups by {node.CgroupDriverName}",
        };
        yield return StartOrder("edgecore", spec);
        yield return AgentService(
            "edgecore",
            Edgecore,
            [cluster.EdgecoreConfig, EdgecoreUnit, DropIn("edgecore")],
            arguments: ["--config", cluster.EdgecoreConfig]
        );
    }

    /// <summary>A change that is wanted only where the join, or someone before it, has brought a file.</summary>
    private static Func<Machine, CancellationToken, Task<Inspection?>> Needs(string path, string doneFile) =>
        (machine, _) =>
            Task.FromResult(
                machine.Exists(path) ? null
                : machine.Exists(doneFile) ? Inspection.AsWanted($"there is no {path}, and none is needed")
                : Inspection.Differs($"{path} comes with the join")
            );

    private static ServiceChange AgentService(
        string name,
        string program,
        IReadOnlyList<string> configFiles,
        Func<Machine, CancellationToken, Task<Inspection?>>? condition = null,
        IReadOnlyList<string>? arguments = null
    ) =>
        new(new ServiceDefinition(name, name, [program, .. arguments ?? []]) { HasUnitFromPackage = true }, configFiles)
        {
            Condition = condition,
            StatusBefore = (machine, token) => AgentServices.StatusBeforeAsync(machine, name, token),
            Why = "it runs the pods of this node",
        };

    private static string DropIn(string service) => $"/etc/systemd/system/{service}.service.d/20-holdfast.conf";

    private static FileChange StartOrder(string service, EdgeNodeSpec spec)
    {
        var runtimes = string.Join(' ', spec.Runtimes.Select(runtime => $"{runtime.Service}.service"));
        return new FileChange(DropIn(service), $"{Heading}[Unit]\nWants={runtimes}\nAfter={runtimes}\n")
        {
            Title = $"{service} starts after the runtimes",
        };
    }
}
