using Holdfast.Kube;

namespace Holdfast.Agent.Images;

/// <summary>When an image is pulled. Pure.</summary>
internal static class PullPolicy
{
    public const string Always = "Always";
    public const string IfNotPresent = "IfNotPresent";
    public const string Never = "Never";

    /// <summary>What the container says; otherwise Kubernetes' default: "latest" may have moved, any other tag is kept.</summary>
    public static string Of(Container container, ImageName image) =>
        container.ImagePullPolicy is { Length: > 0 } given ? given
        : image.IsLatest ? Always
        : IfNotPresent;
}
