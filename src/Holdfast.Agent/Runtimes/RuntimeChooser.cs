using Holdfast.Agent.Objects;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Runtimes;

/// <summary>Which runtime a pod asks for: RuntimeClass, then the untrusted annotation, then the default. Thread-safe.</summary>
internal sealed class RuntimeChooser(
    RuntimeSet runtimes,
    IReadOnlyDictionary<RuntimeEndpoint, RuntimeState> states,
    IObjectSource objects,
    string? untrustedHandler
)
{
    /// <returns>The runtime and its handler; "" is the runtime's default.</returns>
    /// <exception cref="AgentException">FailedCreatePodSandBox: no runtime of this node has what the pod asks for.</exception>
    public (RuntimeState Runtime, string Handler) Choose(Pod pod)
    {
        var name = pod.Spec.RuntimeClassName;
        if (!string.IsNullOrEmpty(name))
        {
            var found =
                objects.RuntimeClass(name)
                ?? throw Cannot(pod, $"RuntimeClass \"{name}\" not found; create it, or name another one");
            return Find(pod, found.Handler);
        }

        return untrustedHandler is not null && IsUntrusted(pod) ? Find(pod, untrustedHandler) : Find(pod, "");
    }

    /// <summary>Whether every runtime was asked once what it has, and has answered or turned out to be away.</summary>
    public bool AreListed => states.Values.All(s => s.WhenFirstListedAsync().IsCompleted);

    /// <summary>As <see cref="Choose"/>; null when no runtime has what the pod asks for.</summary>
    public RuntimeState? TryChoose(Pod pod)
    {
        try
        {
            return Choose(pod).Runtime;
        }
        catch (AgentException)
        {
            return null;
        }
    }

    private static bool IsUntrusted(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(PodAnnotations.UntrustedWorkload, out var value)
        && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    private (RuntimeState Runtime, string Handler) Find(Pod pod, string handler)
    {
        if (runtimes.Find(handler) is not { } found)
        {
            var known = string.Join(", ", runtimes.Endpoints.SelectMany(e => e.Options.Handlers).Order());
            throw Cannot(pod, $"no runtime of this node has a handler \"{handler}\"; it has: {known}");
        }

        return (states[found.Endpoint], found.Handler);
    }

    private static AgentException Cannot(Pod pod, string cause) =>
        new(AgentReason.FailedCreatePodSandBox, $"cannot run pod {pod.Metadata.Name}: {cause}");
}
