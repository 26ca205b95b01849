using System.Text.RegularExpressions;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>Reads <c>spec.cluster</c>. No message repeats a token: documents are shown to others when something is wrong.</summary>
internal static partial class ClusterReader
{
    /// <summary>Minutes; a runtime that has not answered by then never will.</summary>
    private const int LongestTimeout = 60;

    public static ClusterSpec Read(DocumentMap spec, IReadOnlyDictionary<string, string> labels)
    {
        if (spec.Choice("cluster", "standalone", "kubernetes", "kubeedge", "openyurt") is not { } choice)
        {
            return ClusterSpec.Standalone;
        }
        var map = choice.Map;
        var cluster = choice.Name switch
        {
            "kubernetes" => ReadKubernetes(map),
            "openyurt" => ReadOpenYurt(map),
            "kubeedge" => ReadKubeEdge(map),
            _ => ClusterSpec.Standalone,
        };
        map.Finish();
        if (cluster is KubernetesCluster or OpenYurtCluster)
        {
            ReportLabels(spec, labels);
        }
        return cluster;
    }

    private static KubernetesCluster ReadKubernetes(DocumentMap map)
    {
        var hasInit = map.Mentions("init");
        var hasJoin = map.Mentions("join");
        if (hasInit && hasJoin)
        {
            map.Report("join", "and init exclude each other: a machine makes a cluster or joins one");
        }
        return new KubernetesCluster
        {
            Init = hasInit ? ReadInit(map.Map("init")) : null,
            Join = hasJoin ? ReadKubernetesJoin(map.Map("join")) : null,
        };
    }

    private static KubeadmInit ReadInit(DocumentMap map)
    {
        var init = new KubeadmInit
        {
            AdvertiseAddress = map.Text(
                "advertiseAddress",
                a => NameRules.Address(a) is null ? $"\"{DocumentMap.Shown(a)}\" is not an IPv4 or IPv6 address" : null
            ),
            PodSubnet = map.Text("podSubnet", CheckSubnets),
            ImageRepository = map.Text("imageRepository", NameRules.ImageReference),
            KubernetesVersion = map.Text("kubernetesVersion", CheckVersion) is { } version
                ? $"v{version.TrimStart('v')}"
                : null,
        };
        map.Finish();
        return init;
    }

    private static ClusterJoin? ReadKubernetesJoin(DocumentMap map)
    {
        var join = ReadJoin(map);
        map.Finish();
        return join;
    }

    private static OpenYurtCluster ReadOpenYurt(DocumentMap map)
    {
        string[] joinKeys = ["endpoint", "token", "tokenFile", "caCertHash"];
        var isJoining = joinKeys.Count(map.Mentions) > 0;
        return new OpenYurtCluster
        {
            Join = isJoining ? ReadJoin(map) : null,
            NodeType = map.Word("nodeType", "edge", "cloud") == "cloud" ? YurtNodeType.Cloud : YurtNodeType.Edge,
            JoinBy =
                map.Word("joinBy", "yurtadm", "kubeadm") == "kubeadm" ? YurtJoinTool.Kubeadm : YurtJoinTool.Yurtadm,
        };
    }

    private static KubeEdgeCluster ReadKubeEdge(DocumentMap map)
    {
        var cloudcore = map.Text("cloudcore", CheckEndpoint);
        var token = ReadSecret(map, CheckKubeEdgeToken);
        if (map.Mentions("cloudcore") && !map.Mentions("token") && !map.Mentions("tokenFile"))
        {
            map.Report("tokenFile", "is missing; a node joins cloudcore with a token (keadm gettoken shows it)");
        }
        return new KubeEdgeCluster
        {
            EdgecoreConfig = map.Text("edgecoreConfig", NameRules.AbsolutePath) ?? KubeEdgeCluster.DefaultConfigFile,
            Cloudcore = cloudcore,
            Token = token,
            Version = map.Text("version", CheckVersion)?.TrimStart('v'),
            RuntimeRequestTimeout = ReadMinutes(map, "runtimeRequestTimeout"),
        };
    }

    private static ClusterJoin? ReadJoin(DocumentMap map)
    {
        var endpoint = map.Text("endpoint", CheckEndpoint);
        var token = ReadSecret(map, CheckBootstrapToken);
        var hash = map.Text("caCertHash", CheckCaCertHash);
        if (!map.Mentions("endpoint"))
        {
            map.Report("endpoint", "is missing; it is the API server's host and port, such as 192.168.3.167:6443");
        }
        if (!map.Mentions("token") && !map.Mentions("tokenFile"))
        {
            map.Report("tokenFile", "is missing; kubeadm token create on the control plane makes a token");
        }
        if (!map.Mentions("caCertHash"))
        {
            map.Report("caCertHash", "is missing; kubeadm token create --print-join-command shows it");
        }
        return endpoint is null || token is null || hash is null ? null : new ClusterJoin(endpoint, token, hash);
    }

    private static SecretSpec? ReadSecret(DocumentMap map, Func<string, bool> isGood)
    {
        var file = map.Text("tokenFile", NameRules.AbsolutePath);
        if (!map.Has("token", out var node))
        {
            return file is null ? null : new SecretSpec.InFile(file);
        }
        if (map.Mentions("tokenFile"))
        {
            map.Report("token", "and tokenFile exclude each other; the file is the better place");
        }
        // Some tokens look like numbers: no quotes are asked for, since the message would show the token.
        if (node is not YamlScalarNode scalar || !isGood(scalar.Text))
        {
            map.Report("token", "is not a token of this kind (it is not shown here on purpose)");
            return null;
        }
        return new SecretSpec.Literal(scalar.Text);
    }

    private static int? ReadMinutes(DocumentMap map, string key)
    {
        if (!map.Has(key, out var node))
        {
            return null;
        }
        if (
            node is YamlScalarNode scalar
            && node.Kind() == DocumentKind.Number
            && int.TryParse(scalar.Text, out var minutes)
            && minutes is > 0 and <= LongestTimeout
        )
        {
            return minutes;
        }
        map.Report(key, $"must be a whole number of minutes from 1 to {LongestTimeout}");
        return null;
    }

    /// <summary>The kubelet refuses to start with labels of Kubernetes' own that are not its to set.</summary>
    private static void ReportLabels(DocumentMap spec, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var key in labels.Keys.Where(key => !MayKubeletSet(key)))
        {
            spec.Report(
                "cluster",
                $"the label \"{key}\" of metadata.labels cannot be set by a kubelet; use a name outside of kubernetes.io and k8s.io"
            );
        }
    }

    private static bool MayKubeletSet(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var domain = slash < 0 ? "" : key[..slash];
        var isTheirs = IsBelow(domain, "kubernetes.io") || IsBelow(domain, "k8s.io");
        return !isTheirs
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

    private static string? CheckEndpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon].TrimStart('[').TrimEnd(']');
        return
            colon > 0
            && ushort.TryParse(text.AsSpan(colon + 1), out var port)
            && port > 0
            && (NameRules.HostName(host) is null || NameRules.Address(host) is not null)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a host and a port such as 192.168.3.167:6443";
    }

    private static string? CheckSubnets(string text) =>
        text.Split(',').All(part => System.Net.IPNetwork.TryParse(part, out _))
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a network such as 172.16.0.0/16";

    private static string? CheckVersion(string text) =>
        VersionPattern().IsMatch(text) ? null : $"\"{DocumentMap.Shown(text)}\" is not a version such as 1.18.0";

    private static string? CheckCaCertHash(string text) =>
        CaCertHashPattern().IsMatch(text)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not sha256: and 64 hexadecimal digits";

    private static bool CheckBootstrapToken(string text) => BootstrapTokenPattern().IsMatch(text);

    private static bool CheckKubeEdgeToken(string text) =>
        text.Length is > 0 and <= 4096 && text.All(c => c is > ' ' and < '\u007f');

    [GeneratedRegex(@"^v?\d{1,4}\.\d{1,4}\.\d{1,4}(-[0-9A-Za-z.-]{1,40})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.None, 1000)]
    private static partial Regex CaCertHashPattern();

    /// <summary>As kubeadm checks it: the public identity, a dot, the secret.</summary>
    [GeneratedRegex(@"^[a-z0-9]{6}\.[a-z0-9]{16}\z", RegexOptions.None, 1000)]
    private static partial Regex BootstrapTokenPattern();
}
