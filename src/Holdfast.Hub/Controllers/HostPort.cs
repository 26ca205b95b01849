using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>A port of the node that a pod takes.</summary>
internal sealed record HostPort(string Address, string Protocol, long Number)
{
    private const string AnyAddress = "0.0.0.0";

    /// <summary>The ports of all containers that run as long as the pod does.</summary>
    public static IEnumerable<HostPort> Of(JsonObject pod) =>
        pod.At("spec")
            .ObjectsAt("initContainers")
            .Where(c => c.StringAt("restartPolicy") == "Always")
            .Concat(pod.At("spec").ObjectsAt("containers"))
            .SelectMany(c => c.ObjectsAt("ports"))
            .Where(p => p.IntAt("hostPort") is > 0)
            .Select(p => new HostPort(
                p.StringAt("hostIP") is { Length: > 0 } address ? address : AnyAddress,
                p.StringAt("protocol") is { Length: > 0 } protocol ? protocol : "TCP",
                p.IntAt("hostPort")!.Value
            ));

    public bool Conflicts(HostPort other) =>
        Number == other.Number
        && Protocol == other.Protocol
        && (Address == other.Address || Address == AnyAddress || other.Address == AnyAddress);
}
