namespace Holdfast.Kube;

/// <summary>
/// The table, from the patchStrategy and patchMergeKey tags of k8s.io/api. Ports merge by containerPort alone, as
/// in Kubernetes: clients compute their patches with that key. Tolerations, taints and container statuses carry no tag: replaced.
/// </summary>
public sealed partial class PatchSchema
{
    // All static fields of this type stand in this file, in this order: initializers of two files run in no certain order.

    /// <summary>Knows nothing: objects merge, lists are replaced.</summary>
    public static readonly PatchSchema None = new([]);

    private static readonly PatchField Unknown = new();

    private static readonly PatchField Metadata = Object(Of(("ownerReferences", By("uid")), ("finalizers", Scalars)));

    private static readonly PatchSchema Container = Of(
        ("ports", By("containerPort")),
        ("env", By("name")),
        ("volumeMounts", By("mountPath")),
        ("volumeDevices", By("devicePath"))
    );

    private static readonly PatchSchema PodSpec = Of(
        ("volumes", By("name")),
        ("initContainers", By("name", Container)),
        ("containers", By("name", Container)),
        ("ephemeralContainers", By("name", Container)),
        ("imagePullSecrets", By("name")),
        ("hostAliases", By("ip")),
        ("topologySpreadConstraints", By("topologyKey")),
        ("resourceClaims", By("name")),
        ("schedulingGates", By("name"))
    );

    private static readonly PatchField PodTemplate = Object(Of(("metadata", Metadata), ("spec", Object(PodSpec))));

    private static readonly PatchField StatusWithConditions = Object(Of(("conditions", By("type"))));

    /// <summary>Objects of which only the metadata merges: config maps, secrets, events, runtime classes.</summary>
    public static readonly PatchSchema MetadataOnly = Of(("metadata", Metadata));

    public static readonly PatchSchema Pod = Of(
        ("metadata", Metadata),
        ("spec", Object(PodSpec)),
        ("status", Object(Of(("conditions", By("type")), ("podIPs", By("ip")), ("hostIPs", By("ip")))))
    );

    public static readonly PatchSchema Node = Of(
        ("metadata", Metadata),
        ("spec", Object(Of(("podCIDRs", Scalars)))),
        ("status", Object(Of(("conditions", By("type")), ("addresses", By("type")))))
    );

    public static readonly PatchSchema Namespace = Of(("metadata", Metadata), ("status", StatusWithConditions));

    /// <summary>Deployments, ReplicaSets, and whatever else carries spec.template and status.conditions.</summary>
    public static readonly PatchSchema Workload = Of(
        ("metadata", Metadata),
        ("spec", Object(Of(("template", PodTemplate)))),
        ("status", StatusWithConditions)
    );

    /// <summary>The schema of a resource by its name in the store.</summary>
    public static PatchSchema ForResource(string resource) =>
        resource switch
        {
            ResourceNames.Pods => Pod,
            ResourceNames.Nodes => Node,
            ResourceNames.Namespaces => Namespace,
            ResourceNames.Deployments or ResourceNames.ReplicaSets => Workload,
            _ => MetadataOnly,
        };
}
