namespace Holdfast.Agent.Pods;

/// <summary>The three names of a pod. Immutable.</summary>
internal sealed record PodIdentity(string Namespace, string Name, string Uid)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
