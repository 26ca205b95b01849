namespace Holdfast.Document;

/// <summary>Who holds the truth about the pods of this node, and which program runs them.</summary>
/// <param name="Kind">As the document and messages name it.</param>
/// <param name="AgentService">Service of the program that runs the pods; null when that is Holdfast's own.</param>
public abstract record ClusterSpec(string Kind, string? AgentService)
{
    /// <summary>The node itself; what a document without <c>spec.cluster</c> means.</summary>
    public static ClusterSpec Standalone { get; } = new StandaloneCluster();

    /// <summary>Whether Holdfast's own agent runs the pods. In every other case they belong to kubelet or edgecore.</summary>
    public bool IsStandalone => AgentService is null;
}

/// <summary>The node keeps its objects itself and serves the Kubernetes API.</summary>
public sealed record StandaloneCluster() : ClusterSpec("standalone", null);

/// <summary>
/// A node of a Kubernetes cluster, made or joined by kubeadm. With neither <see cref="Init"/> nor <see cref="Join"/> the
/// kubelet of this machine is only made to agree with the runtime.
/// </summary>
public sealed record KubernetesCluster() : ClusterSpec("kubernetes", "kubelet")
{
    /// <summary>This machine becomes the first of a new cluster; not together with <see cref="Join"/>.</summary>
    public KubeadmInit? Init { get; init; }

    /// <summary>This machine joins a cluster.</summary>
    public ClusterJoin? Join { get; init; }
}

/// <summary>
/// A node of an OpenYurt cluster. Without <see cref="Join"/> the kubelet of this machine is only made to agree with
/// the runtime.
/// </summary>
public sealed record OpenYurtCluster() : ClusterSpec("openyurt", "kubelet")
{
    public ClusterJoin? Join { get; init; }

    public YurtNodeType NodeType { get; init; } = YurtNodeType.Edge;

    public YurtJoinTool JoinBy { get; init; } = YurtJoinTool.Yurtadm;
}

/// <summary>A node of a KubeEdge cluster.</summary>
public sealed record KubeEdgeCluster() : ClusterSpec("kubeedge", "edgecore")
{
    /// <summary>Where edgecore's configuration is, or will be when keadm has joined.</summary>
    public const string DefaultConfigFile = "/etc/kubeedge/config/edgecore.yaml";

    /// <summary>Absolute path of edgecore's configuration.</summary>
    public string EdgecoreConfig { get; init; } = DefaultConfigFile;

    /// <summary>Address and port of cloudcore; needed where there is no <see cref="EdgecoreConfig"/> yet.</summary>
    public string? Cloudcore { get; init; }

    /// <summary>What the node shows cloudcore when it joins; needed together with <see cref="Cloudcore"/>.</summary>
    public SecretSpec? Token { get; init; }

    /// <summary>KubeEdge's version without v, for example <c>1.18.0</c>; null: keadm's own, or what edgecore says.</summary>
    public string? Version { get; init; }

    /// <summary>Minutes; null keeps what the file says where that makes sense as minutes.</summary>
    public int? RuntimeRequestTimeout { get; init; }
}

/// <summary>What <c>kubeadm init</c> is told; what is null is kubeadm's own default.</summary>
public sealed record KubeadmInit
{
    /// <summary>Address under which the API server is reached.</summary>
    public string? AdvertiseAddress { get; init; }

    /// <summary>Network that the cluster's pods get their addresses from.</summary>
    public string? PodSubnet { get; init; }

    /// <summary>Where images of the control plane come from, for example <c>registry.k8s.io</c>.</summary>
    public string? ImageRepository { get; init; }

    /// <summary>With v, for example <c>v1.30.2</c>.</summary>
    public string? KubernetesVersion { get; init; }
}

/// <summary>How a cluster is joined.</summary>
/// <param name="Endpoint">Host and port of the API server.</param>
/// <param name="Token">kubeadm's bootstrap token.</param>
/// <param name="CaCertHash">Hash of the public key of the cluster's CA: <c>sha256:</c> and 64 hexadecimal digits.</param>
public sealed record ClusterJoin(string Endpoint, SecretSpec Token, string CaCertHash);

/// <summary>What OpenYurt takes the node for.</summary>
public enum YurtNodeType
{
    Edge,
    Cloud,
}

/// <summary>Which program joins an OpenYurt cluster.</summary>
public enum YurtJoinTool
{
    /// <summary>It installs yurthub too, through which the kubelet talks to the cluster.</summary>
    Yurtadm,

    /// <summary>An ordinary join; OpenYurt's own programs come later, by the cluster's administrator.</summary>
    Kubeadm,
}
