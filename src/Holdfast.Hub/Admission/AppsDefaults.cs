using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Admission;

/// <summary>Fills in what Deployments and ReplicaSets leave out, as k8s.io/kubernetes/pkg/apis/apps/v1/defaults.go does.</summary>
internal static class AppsDefaults
{
    private const string Quarter = "25%";

    public static void Deployment(JsonObject deployment)
    {
        var spec = deployment.Ensure("spec");
        PodDefaults.Default(spec, "replicas", 1);
        PodDefaults.Default(spec, "revisionHistoryLimit", 10);
        PodDefaults.Default(spec, "progressDeadlineSeconds", 600);
        var strategy = spec.Ensure("strategy");
        if (strategy.StringAt("type") is null or "")
        {
            strategy["type"] = "RollingUpdate";
        }

        if (strategy.StringAt("type") == "RollingUpdate")
        {
            var rolling = strategy.Ensure("rollingUpdate");
            PodDefaults.Default(rolling, "maxUnavailable", Quarter);
            PodDefaults.Default(rolling, "maxSurge", Quarter);
        }

        Template(spec);
    }

    public static void ReplicaSet(JsonObject replicaSet)
    {
        var spec = replicaSet.Ensure("spec");
        PodDefaults.Default(spec, "replicas", 1);
        Template(spec);
    }

    private static void Template(JsonObject spec)
    {
        var template = spec.Ensure("template");
        template.Ensure("metadata");
        PodDefaults.Apply(template.Ensure("spec"));
    }
}
