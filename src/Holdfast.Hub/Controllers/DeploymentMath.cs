using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>The numbers of a rolling update: k8s.io/kubernetes/pkg/controller/deployment/util. Stateless.</summary>
internal static class DeploymentMath
{
    public const string RollingUpdate = "RollingUpdate";

    public static long Replicas(JsonObject o) => o.At("spec").IntAt("replicas") ?? 0;

    /// <summary>Pods above the wanted number during an update; none for Recreate.</summary>
    public static long MaxSurge(JsonObject deployment) => Resolve(deployment).Surge;

    /// <summary>Pods below the wanted number during an update.</summary>
    public static long MaxUnavailable(JsonObject deployment) =>
        Math.Min(Resolve(deployment).Unavailable, Replicas(deployment));

    private static (long Surge, long Unavailable) Resolve(JsonObject deployment)
    {
        var strategy = deployment.At("spec").ObjectAt("strategy");
        if (strategy.StringAt("type") != RollingUpdate)
        {
            return (0, 0);
        }

        var wanted = Replicas(deployment);
        var rolling = strategy.ObjectAt("rollingUpdate");
        var surge = Share(rolling.At("maxSurge"), wanted, roundUp: true);
        var unavailable = Share(rolling.At("maxUnavailable"), wanted, roundUp: false);

        // Both zero would never move on; the percentages may round to that.
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, unavailable);
    }

    /// <summary>A number, or a percentage of the whole.</summary>
    private static long Share(JsonNode? value, long whole, bool roundUp)
    {
        if (value.AsInt() is { } number)
        {
            return Math.Max(0, number);
        }

        if (value.AsText() is { } text && long.TryParse(text.TrimEnd('%'), out var percent))
        {
            var exact = whole * percent / 100m;
            return (long)(roundUp ? Math.Ceiling(exact) : Math.Floor(exact));
        }

        return 0;
    }
}
