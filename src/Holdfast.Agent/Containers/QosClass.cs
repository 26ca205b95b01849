using Holdfast.Kube;

namespace Holdfast.Agent.Containers;

/// <summary>Quality-of-service class of a pod, computed from its requests and limits as Kubernetes does. Pure.</summary>
internal static class QosClass
{
    public const string Guaranteed = "Guaranteed";
    public const string Burstable = "Burstable";
    public const string BestEffort = "BestEffort";

    private static readonly string[] Counted = ["cpu", "memory"];

    public static string Of(PodSpec spec)
    {
        var containers = spec.InitContainers.Concat(spec.Containers).ToArray();
        var asksAnything = containers.Any(c =>
            Counted.Any(name => Positive(c.Resources.Requests, name) || Positive(c.Resources.Limits, name))
        );
        if (!asksAnything)
        {
            return BestEffort;
        }

        return containers.All(IsGuaranteed) ? Guaranteed : Burstable;
    }

    private static bool IsGuaranteed(Container container) =>
        Counted.All(name =>
            Positive(container.Resources.Limits, name)
            && (
                !container.Resources.Requests.TryGetValue(name, out var request)
                || request.MilliValue == container.Resources.Limits[name].MilliValue
            )
        );

    private static bool Positive(IReadOnlyDictionary<string, Quantity> resources, string name) =>
        resources.TryGetValue(name, out var quantity) && quantity.MilliValue > 0;
}
