using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Validation;

/// <summary>
/// Every field of a pod that the API accepts although the node does not act on it. A write that sets one is answered with a
/// warning; docs/api.md has the same list, and a test compares them. A field leaves the list when the node acts on it.
/// </summary>
internal static class UnactedFields
{
    private static readonly string[] ContainerLists = ["containers", "initContainers"];

    /// <summary>Fields of a pod's spec.</summary>
    public static IReadOnlyList<UnactedField> OfPods { get; } =
    [
        new("affinity.podAffinity"),
        new("affinity.podAntiAffinity"),
        new("automountServiceAccountToken") { Fulfilled = ["false"] },
        new("hostUsers") { Fulfilled = ["true"] },
        new("os.name") { Fulfilled = ["linux"] },
        new("readinessGates"),
        new("resourceClaims"),
        new("resources"),
        new("securityContext.appArmorProfile"),
        new("securityContext.fsGroupChangePolicy"),
        new("securityContext.seLinuxChangePolicy"),
        new("securityContext.seLinuxOptions"),
        new("securityContext.supplementalGroupsPolicy") { Fulfilled = ["Merge"] },
        new("securityContext.windowsOptions"),
        new("serviceAccountName") { Fulfilled = ["default"] },
        new("setHostnameAsFQDN") { Fulfilled = ["false"] },
        new("subdomain"),
        new("tolerations[*].tolerationSeconds"),
        new("topologySpreadConstraints"),
        new("volumes[*].emptyDir.sizeLimit") { IsActedOn = limit => limit.Parent.StringAt("medium") == "Memory" },
    ];

    /// <summary>Fields of a container, also of an init container.</summary>
    public static IReadOnlyList<UnactedField> OfContainers { get; } =
    [
        new("lifecycle.postStart.httpGet"),
        new("lifecycle.postStart.tcpSocket"),
        new("lifecycle.preStop.httpGet"),
        new("lifecycle.preStop.tcpSocket"),
        new("livenessProbe"),
        new("readinessProbe"),
        new("resizePolicy"),
        new("resources.claims"),
        new("resources.limits[ephemeral-storage]"),
        new("securityContext.appArmorProfile"),
        new("securityContext.seLinuxOptions"),
        new("securityContext.windowsOptions"),
        new("startupProbe"),
        new("volumeDevices"),
        new("volumeMounts[*].recursiveReadOnly") { Fulfilled = ["Disabled"] },
    ];

    /// <summary>The warnings about a pod's spec that stands at the path.</summary>
    public static IEnumerable<string> Warnings(JsonObject? spec, string path)
    {
        var fields = OfPods.SelectMany(f => f.FindIn(spec, path));
        var containers = ContainerLists.SelectMany(list =>
            OfContainers.SelectMany(f => (f with { Path = $"{list}[*].{f.Path}" }).FindIn(spec, path))
        );
        return fields.Concat(containers).Select(p => $"{p}: accepted but not acted on by this node");
    }
}
