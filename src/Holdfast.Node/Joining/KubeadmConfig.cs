using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Node.Programs;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Joining;

/// <summary>The configuration file that kubeadm is given, so that no secret stands in its arguments. Pure.</summary>
internal static class KubeadmConfig
{
    public static string Init(KubeadmInit init, ClusterNode node, ProgramVersion kubeadm)
    {
        var version = ApiVersion(kubeadm);
        var initConfiguration = Document(version, "InitConfiguration")
            .Add(init.AdvertiseAddress, "localAPIEndpoint", "advertiseAddress");
        var cluster = Document(version, "ClusterConfiguration")
            .Add(init.ImageRepository, "imageRepository")
            .Add(init.KubernetesVersion, "kubernetesVersion")
            .Add(init.PodSubnet, "networking", "podSubnet");
        // It becomes the default of every node that joins later; each of Holdfast's corrects its own.
        var kubelet = YamlDocument
            .Parse("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n", "kubeadm's configuration")
            .Add(node.CgroupDriverName, "cgroupDriver");
        return $"{Register(initConfiguration, node, kubeadm).Text}---\n{cluster.Text}---\n{kubelet.Text}";
    }

    public static string Join(ClusterJoin join, string token, ClusterNode node, ProgramVersion kubeadm)
    {
        var document = Document(ApiVersion(kubeadm), "JoinConfiguration")
            .Add(join.Endpoint, "discovery", "bootstrapToken", "apiServerEndpoint")
            .Add(token, "discovery", "bootstrapToken", "token")
            .Set(["discovery", "bootstrapToken", "caCertHashes"], new JsonArray(join.CaCertHash))
            .Add(token, "discovery", "tlsBootstrapToken");
        return Register(document, node, kubeadm).Text;
    }

    /// <summary>The oldest that a version still reads would do too, but it warns of it at every run.</summary>
    internal static string ApiVersion(ProgramVersion kubeadm) =>
        "kubeadm.k8s.io/"
        + (
            kubeadm.IsAtLeast(1, 31) ? "v1beta4"
            : kubeadm.IsAtLeast(1, 22) ? "v1beta3"
            : kubeadm.IsAtLeast(1, 15) ? "v1beta2"
            : "v1beta1"
        );

    private static YamlDocument Document(string apiVersion, string kind) =>
        YamlDocument.Parse($"apiVersion: {apiVersion}\nkind: {kind}\n", "kubeadm's configuration");

    private static YamlDocument Register(YamlDocument document, ClusterNode node, ProgramVersion kubeadm)
    {
        // A path without a scheme is what every version before 1.24 takes, and what later ones warn of.
        var socket = kubeadm.IsAtLeast(1, 24) ? node.Endpoint : node.Socket;
        document = document.Add(node.Name, "nodeRegistration", "name").Add(socket, "nodeRegistration", "criSocket");
        if (node.Labels.Count == 0)
        {
            return document;
        }
        var labels = new JsonObject { ["name"] = "node-labels", ["value"] = node.LabelList };
        return kubeadm.IsAtLeast(1, 31)
            ? document.Set(["nodeRegistration", "kubeletExtraArgs"], new JsonArray(labels))
            : document.Set(["nodeRegistration", "kubeletExtraArgs", "node-labels"], node.LabelList);
    }

    private static YamlDocument Add(this YamlDocument document, string? value, params string[] path) =>
        value is null ? document : document.Set(path, value);
}
