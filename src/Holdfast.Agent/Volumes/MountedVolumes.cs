using Holdfast.Kube;

namespace Holdfast.Agent.Volumes;

/// <summary>A pod's volumes as they lie on the node, by name. Immutable.</summary>
internal sealed class MountedVolumes(IReadOnlyDictionary<string, MountedVolume> byName)
{
    public static MountedVolumes None { get; } = new(new Dictionary<string, MountedVolume>(StringComparer.Ordinal));

    /// <exception cref="AgentException">CreateContainerConfigError: there is no such volume, or the subPath leaves it.</exception>
    public V1.Mount Mount(Pod pod, Container container, VolumeMount wanted, Func<string, string> expand)
    {
        if (!byName.TryGetValue(wanted.Name, out var volume))
        {
            throw Cannot(container, wanted, $"pod {pod.Metadata.Name} has no such volume");
        }

        var subPath = string.IsNullOrEmpty(wanted.SubPathExpr) ? wanted.SubPath : expand(wanted.SubPathExpr);
        return new V1.Mount
        {
            ContainerPath = wanted.MountPath.StartsWith('/') ? wanted.MountPath : "/" + wanted.MountPath,
            HostPath = string.IsNullOrEmpty(subPath)
                ? volume.HostPath
                : SubPath.Resolve(volume.HostPath, subPath, cause => Cannot(container, wanted, cause)),
            Readonly = wanted.ReadOnly || volume.IsReadOnly,
            Propagation = wanted.MountPropagation switch
            {
                "HostToContainer" => V1.MountPropagation.PropagationHostToContainer,
                "Bidirectional" => V1.MountPropagation.PropagationBidirectional,
                _ => V1.MountPropagation.PropagationPrivate,
            },
        };
    }

    private static AgentException Cannot(Container container, VolumeMount mount, string cause) =>
        new(
            AgentReason.CreateContainerConfigError,
            $"cannot mount volume \"{mount.Name}\" in container {container.Name}: {cause}"
        );
}

/// <summary>One volume on the node. Immutable.</summary>
/// <param name="IsReadOnly">Volumes made from objects are: what a container writes there would be lost.</param>
internal sealed record MountedVolume(string HostPath, bool IsReadOnly);
