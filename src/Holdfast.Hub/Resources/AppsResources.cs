using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Validation;
using Holdfast.Kube;

namespace Holdfast.Hub.Resources;

/// <summary>Rows of the apps group.</summary>
internal static class AppsResources
{
    private static readonly Subresource[] Scale =
    [
        new("scale", "Scale", "autoscaling", "v1", "get", "patch", "update"),
    ];

    public static ResourceDefinition Deployments { get; } =
        new()
        {
            Group = "apps",
            Versions = ["v1"],
            Kind = "Deployment",
            Plural = "deployments",
            Singular = "deployment",
            ShortNames = ["deploy"],
            Categories = ["all"],
            IsNamespaced = true,
            StoreName = ResourceNames.Deployments,
            Schema = SchemaCatalog.Kubernetes["Deployment"],
            Subresources = [.. Scale, new("status", "Deployment", "apps", "v1", "get", "patch", "update")],
            Columns = AppsColumns.Deployment,
            HasGeneration = true,
            Default = AppsDefaults.Deployment,
            PrepareNew = o => o["status"] = new JsonObject(),
            PrepareStatus = (deployment, current) =>
                ObjectAccess.Put(deployment.Meta, "labels", current.At("metadata", "labels")?.DeepClone()),
            Validate = AppsValidation.Deployment,
            Warnings = Warnings,
        };

    public static ResourceDefinition ReplicaSets { get; } =
        new()
        {
            Group = "apps",
            Versions = ["v1"],
            Kind = "ReplicaSet",
            Plural = "replicasets",
            Singular = "replicaset",
            ShortNames = ["rs"],
            Categories = ["all"],
            IsNamespaced = true,
            StoreName = ResourceNames.ReplicaSets,
            Schema = SchemaCatalog.Kubernetes["ReplicaSet"],
            Subresources = [.. Scale, new("status", "ReplicaSet", "apps", "v1", "get", "patch", "update")],
            Columns = AppsColumns.ReplicaSet,
            SelectableFields = new(SchemaCatalog.Kubernetes["ReplicaSet"], ["status.replicas"]),
            HasGeneration = true,
            Default = AppsDefaults.ReplicaSet,
            PrepareNew = o => o["status"] = new JsonObject { ["replicas"] = 0 },
            Validate = AppsValidation.ReplicaSet,
            Warnings = Warnings,
        };

    private static IEnumerable<string> Warnings(JsonObject o, JsonObject? old) =>
        old is null || o.Generation != old.Generation
            ? PodWarnings.Of(o.At("spec", "template").ObjectAt("spec"), "spec.template.spec")
            : [];
}
