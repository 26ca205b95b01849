using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Verbs;

/// <summary>Which container of a pod a request means, decided and worded as in kube-apiserver.</summary>
internal static class ContainerChoice
{
    private static readonly string[] Lists = ["initContainers", "containers", "ephemeralContainers"];

    /// <param name="pod">The stored pod.</param>
    /// <param name="asked">The name from the request; "" means the only container.</param>
    /// <exception cref="ApiException">BadRequest: there is no such container, or more than one to choose from.</exception>
    public static string Choose(JsonObject pod, string asked)
    {
        var containers = Names(pod, "containers").ToList();
        if (asked.Length == 0)
        {
            return containers.Count == 1
                ? containers[0]
                : throw ApiException.BadRequest(
                    $"a container name must be specified for pod {pod.MetaName}, choose one of: "
                        + $"[{string.Join(' ', Lists.SelectMany(list => Names(pod, list)))}]"
                );
        }

        return Find(pod, asked) is not null
            ? asked
            : throw ApiException.BadRequest($"container {asked} is not valid for pod {pod.MetaName}");
    }

    /// <summary>The container of that name, of any kind; null when there is none.</summary>
    public static JsonObject? Find(JsonObject pod, string container) =>
        Lists.SelectMany(list => pod.At("spec").ObjectsAt(list)).FirstOrDefault(c => c.StringAt("name") == container);

    /// <exception cref="ApiException">BadRequest: no node has the pod yet.</exception>
    public static void RequireNode(JsonObject pod)
    {
        if (pod.At("spec").StringAt("nodeName") is not { Length: > 0 })
        {
            throw ApiException.BadRequest($"pod {pod.MetaName} does not have a host assigned");
        }
    }

    private static IEnumerable<string> Names(JsonObject pod, string list) =>
        pod.At("spec").ObjectsAt(list).Select(c => c.StringAt("name")).OfType<string>();
}
