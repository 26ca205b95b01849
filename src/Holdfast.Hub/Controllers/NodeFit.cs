using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Json;
using Holdfast.Hub.Validation;

namespace Holdfast.Hub.Controllers;

/// <summary>Whether a pod may run on a node, in kube-scheduler's words. Stateless.</summary>
internal static class NodeFit
{
    private static readonly string[] Counted = ["cpu", "memory"];

    /// <summary>Null when the pod fits.</summary>
    public static string? Problem(JsonObject pod, JsonObject node, IEnumerable<JsonObject> others)
    {
        var spec = pod.At("spec");
        return node.At("spec").BoolAt("unschedulable")
            && !Tolerates(spec, "node.kubernetes.io/unschedulable", "", "NoSchedule")
                ? "1 node(s) were unschedulable"
            : UntoleratedTaint(spec, node) is { } taint ? $"1 node(s) had untolerated taint {{{taint}}}"
            : !MatchesSelector(spec, node) ? "1 node(s) didn't match Pod's node affinity/selector"
            : MissingResource(pod, node, others) is { } resource ? $"1 Insufficient {resource}"
            : null;
    }

    private static bool MatchesSelector(JsonNode? spec, JsonObject node)
    {
        var labels = node.Labels;
        foreach (var (key, value) in spec.MapAt("nodeSelector"))
        {
            if (!labels.TryGetValue(key, out var has) || has != value)
            {
                return false;
            }
        }

        var required = spec.At("affinity", "nodeAffinity").ObjectAt("requiredDuringSchedulingIgnoredDuringExecution");
        return required is null
            || required.ObjectsAt("nodeSelectorTerms").Any(t => MatchesTerm(t, labels, node.MetaName));
    }

    private static bool MatchesTerm(JsonObject term, IReadOnlyDictionary<string, string> labels, string name)
    {
        var expressions = term.ObjectsAt("matchExpressions").ToList();
        var fields = term.ObjectsAt("matchFields").ToList();
        var asFields = new Dictionary<string, string> { ["metadata.name"] = name };
        return expressions.Count + fields.Count > 0
            && expressions.All(e => SelectorMatch.Holds(e, labels))
            && fields.All(f => SelectorMatch.Holds(f, asFields));
    }

    private static string? UntoleratedTaint(JsonNode? spec, JsonObject node)
    {
        foreach (var taint in node.At("spec").ObjectsAt("taints"))
        {
            var (key, value, effect) = (
                taint.StringAt("key") ?? "",
                taint.StringAt("value") ?? "",
                taint.StringAt("effect")
            );
            if (effect is "NoSchedule" or "NoExecute" && !Tolerates(spec, key, value, effect))
            {
                return $"{key}: {value}";
            }
        }

        return null;
    }

    private static bool Tolerates(JsonNode? spec, string key, string value, string effect) =>
        spec.ObjectsAt("tolerations")
            .Any(t =>
                (t.StringAt("effect") is null or "" || t.StringAt("effect") == effect)
                && (t.StringAt("key") is null or "" ? t.StringAt("operator") == "Exists" : t.StringAt("key") == key)
                && (t.StringAt("operator") == "Exists" || (t.StringAt("value") ?? "") == value)
            );

    private static string? MissingResource(JsonObject pod, JsonObject node, IEnumerable<JsonObject> others)
    {
        var allocatable = node.At("status").MapAt("allocatable");
        var wanted = Counted.Where(r => allocatable.ContainsKey(r) && Requested(pod, r) > 0).ToList();
        if (wanted.Count == 0)
        {
            return null;
        }

        var running = others.ToList();
        return wanted.Find(r =>
            Requested(pod, r) + running.Sum(p => Requested(p, r)) > PodQuality.Amount(allocatable[r])
        );
    }

    /// <summary>What a pod takes: the sum of its containers, or its hungriest init container, and its overhead.</summary>
    private static decimal Requested(JsonObject pod, string resource)
    {
        var spec = pod.At("spec");
        var containers = spec.ObjectsAt("containers").Sum(c => Request(c, resource));
        var init = spec.ObjectsAt("initContainers").Select(c => Request(c, resource)).DefaultIfEmpty().Max();
        return Math.Max(containers, init) + PodQuality.Amount(spec.At("overhead").StringAt(resource));
    }

    private static decimal Request(JsonObject container, string resource) =>
        PodQuality.Amount(container.At("resources", "requests").StringAt(resource));
}
