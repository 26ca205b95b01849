using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Validation;
using Holdfast.Kube;

namespace Holdfast.Hub.Resources;

/// <summary>The row of pods.</summary>
internal static class PodResources
{
    public static ResourceDefinition Pods { get; } =
        new()
        {
            Group = "",
            Versions = ["v1"],
            Kind = "Pod",
            Plural = "pods",
            Singular = "pod",
            ShortNames = ["po"],
            Categories = ["all"],
            IsNamespaced = true,
            StoreName = ResourceNames.Pods,
            Schema = SchemaCatalog.Kubernetes["Pod"],
            Subresources =
            [
                new("attach", "PodAttachOptions", "", "v1", "create", "get"),
                new("binding", "Binding", "", "v1", "create"),
                new("exec", "PodExecOptions", "", "v1", "create", "get"),
                new("log", "Pod", "", "v1", "get"),
                new("portforward", "PodPortForwardOptions", "", "v1", "create", "get"),
                new("status", "Pod", "", "v1", "get", "patch", "update"),
            ],
            Columns = PodColumns.Pod,
            SelectableFields = new(
                SchemaCatalog.Kubernetes["Pod"],
                [
                    "spec.nodeName",
                    "spec.restartPolicy",
                    "spec.schedulerName",
                    "spec.serviceAccountName",
                    "spec.hostNetwork",
                    "status.phase",
                    "status.podIP",
                    "status.nominatedNodeName",
                ],
                new Dictionary<string, Func<JsonObject, string>>
                {
                    ["status.podIP"] = pod =>
                        pod.At("status").ObjectsAt("podIPs").FirstOrDefault().StringAt("ip")
                        ?? pod.At("status").StringAt("podIP")
                        ?? "",
                }
            ),
            HasGeneration = true,
            Default = o => PodDefaults.Apply(o.Ensure("spec")),
            PrepareNew = PrepareNew,
            PrepareStatus = (pod, current) =>
                ObjectAccess.Put(pod.Meta, "ownerReferences", current.At("metadata", "ownerReferences")?.DeepClone()),
            Validate = PodValidation.Validate,
            Warnings = (pod, old) => old is null ? PodWarnings.Of(pod.ObjectAt("spec"), "spec") : [],
            Admit = (pod, find) =>
            {
                RuntimeClassAdmission.Admit(pod, find);
                PriorityAdmission.Admit(pod);
            },
            DeletionGrace = Grace,
        };

    private static void PrepareNew(JsonObject pod)
    {
        var status = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodQuality.ClassOf(pod.At("spec")) };
        if (pod.At("spec").ObjectsAt("schedulingGates").Any())
        {
            status["conditions"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "PodScheduled",
                    ["status"] = "False",
                    ["reason"] = "SchedulingGated",
                    ["message"] = "Scheduling is blocked due to non-empty scheduling gates",
                }
            );
        }

        pod["status"] = status;
    }

    private static long Grace(JsonObject pod)
    {
        var isDone = pod.At("status").StringAt("phase") is "Succeeded" or "Failed";
        var isBound = pod.At("spec").StringAt("nodeName") is { Length: > 0 };

        // What no node runs, or no longer runs, has nothing to wait for; Kubernetes decides the same way.
        return isDone || !isBound
            ? 0
            : pod.At("spec").IntAt("terminationGracePeriodSeconds") ?? PodDefaults.GraceSeconds;
    }
}
