using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Json;
using Holdfast.Hub.Validation;

namespace Holdfast.Hub.Controllers;

/// <summary>Whether a pod may run on a node, in kube-scheduler's words. Stateless.</summary>
internal static class NodeFit
{
    /// <summary>Why the pod does not fit; empty when it does. As in kube-scheduler, the first kind of cause that there is.</summary>
    public static IReadOnlyList<string> Problems(JsonObject pod, JsonObject node, IEnumerable<JsonObject> others)
    {
        var spec = pod.At("spec");
        if (
            node.At("spec").BoolAt("unschedulable")
            && !Tolerates(spec, "node.kubernetes.io/unschedulable", "", "NoSchedule")
        )
        {
            return ["node(s) were unschedulable"];
        }

        if (UntoleratedTaint(spec, node) is { } taint)
        {
            return [$"node(s) had untolerated taint {{{taint}}}"];
        }

        if (!MatchesSelector(spec, node))
        {
            return ["node(s) didn't match Pod's node affinity/selector"];
        }

        var running = others.ToList();
        var ports = HostPort.Of(pod).ToList();
        return running.SelectMany(HostPort.Of).Any(taken => ports.Exists(taken.Conflicts))
            ? ["node(s) didn't have free ports for the requested pod ports"]
            : MissingResources(pod, node, running);
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

    private static List<string> MissingResources(JsonObject pod, JsonObject node, List<JsonObject> running)
    {
        var allocatable = node.At("status").MapAt("allocatable");
        var taken = running.ConvertAll(PodRequests.Of);
        var missing = PodRequests
            .Of(pod)
            .Where(r => r.Value > 0)
            .Where(r =>
                r.Value + taken.Sum(t => t.GetValueOrDefault(r.Key))
                > PodQuality.Amount(allocatable.GetValueOrDefault(r.Key))
            )
            .Select(r => $"Insufficient {r.Key}")
            .ToList();
        if (1000 * (running.Count + 1) > PodQuality.Amount(allocatable.GetValueOrDefault("pods")))
        {
            missing.Add("Too many pods");
        }

        missing.Sort(StringComparer.Ordinal);
        return missing;
    }
}
