using Holdfast.Kube;

namespace Holdfast.Agent.Events;

/// <summary>What an event about a pod or one of its containers points at. Pure.</summary>
internal static class PodReference
{
    public static ObjectReference Of(Pod pod) =>
        new()
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Namespace = pod.Metadata.Namespace,
            Name = pod.Metadata.Name,
            Uid = pod.Metadata.Uid,
        };

    public static ObjectReference Of(Pod pod, Container container)
    {
        var list = pod.Spec.InitContainers.Contains(container) ? "initContainers" : "containers";
        return Of(pod) with { FieldPath = $"spec.{list}{{{container.Name}}}" };
    }
}
