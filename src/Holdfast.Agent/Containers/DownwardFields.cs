using System.Globalization;
using System.Text;
using Holdfast.Kube;

namespace Holdfast.Agent.Containers;

/// <summary>
/// The downward API: fields of a pod and resources of its containers, as a pod may read them in its environment and in
/// files. Pure.
/// </summary>
internal static class DownwardFields
{
    /// <param name="podIps">Addresses of the pod's sandbox; empty before it has any.</param>
    /// <returns>Null when the field is not one that a pod may ask for.</returns>
    public static string? Field(Pod pod, string path, IReadOnlyList<string> podIps, NodeFacts node)
    {
        if (Subscript(path, "metadata.labels") is { } label)
        {
            return pod.Metadata.Labels.GetValueOrDefault(label, "");
        }

        if (Subscript(path, "metadata.annotations") is { } annotation)
        {
            return pod.Metadata.Annotations.GetValueOrDefault(annotation, "");
        }

        return path switch
        {
            "metadata.name" => pod.Metadata.Name,
            "metadata.namespace" => pod.Metadata.Namespace,
            "metadata.uid" => pod.Metadata.Uid,
            "metadata.labels" => Lines(pod.Metadata.Labels),
            "metadata.annotations" => Lines(pod.Metadata.Annotations),
            "spec.nodeName" => pod.Spec.NodeName ?? "",
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "",
            "status.hostIP" or "status.hostIPs" => node.Address,
            "status.podIP" => podIps.FirstOrDefault() ?? "",
            "status.podIPs" => string.Join(',', podIps),
            _ => null,
        };
    }

    /// <summary>The resource divided by its divisor, rounded up; a limit that is not set is what the node has.</summary>
    /// <returns>Null when the container or the resource does not exist.</returns>
    public static string? Resource(Pod pod, Container self, ResourceFieldSelector selector, NodeFacts node)
    {
        var container = string.IsNullOrEmpty(selector.ContainerName)
            ? self
            : pod.Spec.InitContainers.Concat(pod.Spec.Containers).FirstOrDefault(c => c.Name == selector.ContainerName);
        var dot = selector.Resource.IndexOf('.', StringComparison.Ordinal);
        if (container is null || dot < 0)
        {
            return null;
        }

        var name = selector.Resource[(dot + 1)..];
        long? milli = selector.Resource[..dot] switch
        {
            "limits" => Milli(container.Resources.Limits, name) ?? OfNode(name, node),
            "requests" => Milli(container.Resources.Requests, name) ?? Milli(container.Resources.Limits, name) ?? 0,
            _ => null,
        };
        var divisor = selector.Divisor is { MilliValue: > 0 } given ? given.MilliValue : 1000;
        return milli is null ? null : ((milli.Value + divisor - 1) / divisor).ToString(CultureInfo.InvariantCulture);
    }

    private static long? Milli(IReadOnlyDictionary<string, Quantity> resources, string name) =>
        resources.TryGetValue(name, out var quantity) ? quantity.MilliValue : null;

    private static long? OfNode(string name, NodeFacts node) =>
        name switch
        {
            "cpu" => node.MilliCpu,
            "memory" => node.MemoryBytes * 1000,
            "ephemeral-storage" => node.EphemeralStorageBytes * 1000,
            _ => null,
        };

    private static string? Subscript(string path, string of)
    {
        var isSubscript =
            path.Length > of.Length + 4
            && path.StartsWith(of, StringComparison.Ordinal)
            && path.AsSpan(of.Length).StartsWith("['")
            && path.EndsWith("']", StringComparison.Ordinal);
        return isSubscript ? path[(of.Length + 2)..^2] : null;
    }

    /// <summary>key="value", sorted, quoted as Go's %q quotes: what the kubelet writes into downward API files.</summary>
    private static string Lines(IReadOnlyDictionary<string, string> map)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in map.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            text.Append(key).Append('=');
            AppendQuoted(text, value);
        }

        return text.ToString();
    }

    private static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
