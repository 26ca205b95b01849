using System.Net;
using System.Text.RegularExpressions;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>Reads <c>spec.cluster</c>. No message repeats a token: documents are shown to others when something is wrong.</summary>
internal static partial class ClusterReader
{
    /// <summary>Minutes; a runtime that has not answered by then never will.</summary>
    private const int LongestTimeout = 60;

    private static readonly NameRule Version = new("a version such as 1.18.0", text => VersionPattern().IsMatch(text));

    private static readonly NameRule Subnets = new(
        "a network such as 172.16.0.0/16",
        text => text.Split(',').All(part => IPNetwork.TryParse(part, out _))
    );

    private static readonly NameRule CaCertHash = new(
        "sha256: and 64 hexadecimal digits",
        text => text.StartsWith("sha256:", StringComparison.Ordinal) && NameRules.IsSha256(text["sha256:".Length..])
    );

    public static ClusterSpec Read(DocumentMap spec, IEnumerable<string> labels)
    {
        if (spec.Choice("cluster", "standalone", "kubernetes", "kubeedge", "openyurt") is not { } choice)
        {
            return ClusterSpec.Standalone;
        }
        ClusterSpec cluster = choice.Name switch
        {
            "kubernetes" => ReadKubernetes(choice.Map),
            "openyurt" => ReadOpenYurt(choice.Map),
            "kubeedge" => ReadKubeEdge(choice.Map),
            _ => ClusterSpec.Standalone,
        };
        // The kubelet does not start with labels of Kubernetes' own that are not its to set.
        foreach (var key in labels.Where(key => cluster.AgentService == "kubelet" && !MayKubeletSet(key)))
        {
            spec.Report(
                "cluster",
                $"the label \"{key}\" of metadata.labels cannot be set by a kubelet; use a name outside of kubernetes.io and k8s.io"
            );
        }
        return cluster;
    }

    private static KubernetesCluster ReadKubernetes(DocumentMap map)
    {
        var (hasInit, hasJoin) = (map.Mentions("init"), map.Mentions("join"));
        if (hasInit && hasJoin)
        {
            map.Report("join", "and init exclude each other: a machine makes a cluster or joins one");
        }
        return new KubernetesCluster
        {
            Init = hasInit ? ReadInit(map.Map("init")) : null,
            Join = hasJoin ? ReadJoin(map.Map("join")) : null,
        };
    }

    private static KubeadmInit ReadInit(DocumentMap map) =>
        new()
        {
            AdvertiseAddress = map.Text("advertiseAddress", NameRules.IpAddress),
            PodSubnet = map.Text("podSubnet", Subnets),
            ImageRepository = map.Text("imageRepository", NameRules.ImageReference),
            KubernetesVersion = map.Text("kubernetesVersion", Version) is { } version
                ? $"v{version.TrimStart('v')}"
                : null,
        };

    private static OpenYurtCluster ReadOpenYurt(DocumentMap map)
    {
        string[] joinKeys = ["endpoint", "token", "tokenFile", "caCertHash"];
        return new OpenYurtCluster
        {
            Join = joinKeys.Count(map.Mentions) > 0 ? ReadJoin(map) : null,
            NodeType = map.OneOf<YurtNodeType>("nodeType") ?? YurtNodeType.Edge,
            JoinBy = map.OneOf<YurtJoinTool>("joinBy") ?? YurtJoinTool.Yurtadm,
        };
    }

    private static KubeEdgeCluster ReadKubeEdge(DocumentMap map) =>
        new()
        {
            EdgecoreConfig = map.Text("edgecoreConfig", NameRules.AbsolutePath) ?? KubeEdgeCluster.DefaultConfigFile,
            Cloudcore = map.Text("cloudcore", NameRules.HostAndPort),
            Token = ReadSecret(
                map,
                text => text.Length is > 0 and <= 4096 && text.All(c => c is > ' ' and < '\u007f'),
                map.Has("cloudcore") ? "a node joins cloudcore with a token (keadm gettoken shows it)" : null
            ),
            Version = map.Text("version", Version)?.TrimStart('v'),
            RuntimeRequestTimeout = map.Value("runtimeRequestTimeout", ReadMinutes),
        };

    private static ClusterJoin? ReadJoin(DocumentMap map)
    {
        var endpoint = map.RequiredText(
            "endpoint",
            NameRules.HostAndPort,
            "it is the API server's host and port, such as 192.168.3.167:6443"
        );
        var token = ReadSecret(
            map,
            text => BootstrapTokenPattern().IsMatch(text),
            "kubeadm token create on the control plane makes a token"
        );
        var hash = map.RequiredText("caCertHash", CaCertHash, "kubeadm token create --print-join-command shows it");
        return endpoint is null || token is null || hash is null ? null : new ClusterJoin(endpoint, token, hash);
    }

    /// <param name="hint">Where it comes from; null when it need not be there.</param>
    private static SecretSpec? ReadSecret(DocumentMap map, Func<string, bool> isGood, string? hint)
    {
        var file = map.Text("tokenFile", NameRules.AbsolutePath);
        if (!map.Has("token"))
        {
            if (hint is not null)
            {
                map.Require("tokenFile", hint);
            }
            return file is null ? null : new SecretSpec.InFile(file);
        }
        if (map.Has("tokenFile"))
        {
            map.Report("token", "and tokenFile exclude each other; the file is the better place");
        }
        // Some tokens look like numbers: no quotes are asked for, since the message would show the token.
        return map.Value<SecretSpec>(
            "token",
            node =>
                node is YamlScalarNode scalar && isGood(scalar.Text)
                    ? (new SecretSpec.Literal(scalar.Text), null)
                    : (null, "is not a token of this kind (it is not shown here on purpose)")
        );
    }

    private static (int?, string?) ReadMinutes(YamlNode node) =>
        node is YamlScalarNode scalar
        && node.Kind() == DocumentKind.Number
        && int.TryParse(scalar.Text, out var minutes)
        && minutes is > 0 and <= LongestTimeout
            ? (minutes, null)
            : (null, $"must be a whole number of minutes from 1 to {LongestTimeout}");

    private static bool MayKubeletSet(string key)
    {
        var domain = key.Contains('/', StringComparison.Ordinal) ? key.Split('/')[0] : "";
        return !IsBelow(domain, "kubernetes.io") && !IsBelow(domain, "k8s.io")
            || IsBelow(domain, "kubelet.kubernetes.io")
            || IsBelow(domain, "node.kubernetes.io")
            || key
                is "kubernetes.io/hostname"
                    or "kubernetes.io/os"
                    or "kubernetes.io/arch"
                    or "topology.kubernetes.io/zone"
                    or "topology.kubernetes.io/region";
    }

    private static bool IsBelow(string domain, string parent) =>
        domain == parent || domain.EndsWith("." + parent, StringComparison.Ordinal);

    [GeneratedRegex(@"^v?\d{1,4}\.\d{1,4}\.\d{1,4}(-[0-9A-Za-z.-]{1,40})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();

    /// <summary>As kubeadm checks it: the public identity, a dot, the secret.</summary>
    [GeneratedRegex(@"^[a-z0-9]{6}\.[a-z0-9]{16}\z", RegexOptions.None, 1000)]
    private static partial Regex BootstrapTokenPattern();
}
