namespace Holdfast.Kube;

/// <summary>The resource strings under which objects lie in the store: plural, plus the group unless it is core.</summary>
public static class ResourceNames
{
    public const string Pods = "pods";
    public const string Nodes = "nodes";
    public const string Namespaces = "namespaces";
    public const string ConfigMaps = "configmaps";
    public const string Secrets = "secrets";
    public const string Events = "events";
    public const string RuntimeClasses = "runtimeclasses.node.k8s.io";
    public const string Deployments = "deployments.apps";
    public const string ReplicaSets = "replicasets.apps";
}
