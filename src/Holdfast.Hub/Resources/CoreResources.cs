using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Validation;
using Holdfast.Kube;

namespace Holdfast.Hub.Resources;

/// <summary>Rows of the core group that need little more than their name.</summary>
internal static class CoreResources
{
    public const string DefaultNamespace = "default";
    public const string SystemNamespace = "kube-system";

    public static ResourceDefinition Namespaces { get; } =
        new()
        {
            Group = "",
            Versions = ["v1"],
            Kind = "Namespace",
            Plural = "namespaces",
            Singular = "namespace",
            ShortNames = ["ns"],
            IsNamespaced = false,
            StoreName = ResourceNames.Namespaces,
            Schema = SchemaCatalog.Kubernetes["Namespace"],
            Subresources =
            [
                new("status", "Namespace", "", "v1", "get", "patch", "update"),
                new("finalize", "Namespace", "", "v1", "update"),
            ],
            Columns = CoreColumns.Namespace,
            SelectableFields = new(
                SchemaCatalog.Kubernetes["Namespace"],
                ["status.phase"],
                new Dictionary<string, Func<JsonObject, string>> { ["name"] = o => o.MetaName }
            ),
            NameIsSubdomain = false,
            MarkTerminating = o => o.Ensure("status")["phase"] = "Terminating",
            DeletionBar = name =>
                name is DefaultNamespace or SystemNamespace ? "this namespace may not be deleted" : null,
            Default = o => o.Meta.Ensure("labels")["kubernetes.io/metadata.name"] = o.MetaName,
            PrepareNew = o =>
            {
                o["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                o["status"] = new JsonObject { ["phase"] = "Active" };
            },
        };

    public static ResourceDefinition ConfigMaps { get; } =
        new()
        {
            Group = "",
            Versions = ["v1"],
            Kind = "ConfigMap",
            Plural = "configmaps",
            Singular = "configmap",
            ShortNames = ["cm"],
            IsNamespaced = true,
            StoreName = ResourceNames.ConfigMaps,
            Schema = SchemaCatalog.Kubernetes["ConfigMap"],
            Columns = CoreColumns.ConfigMap,
            Validate = DataValidation.ConfigMap,
        };

    public static ResourceDefinition Secrets { get; } =
        new()
        {
            Group = "",
            Versions = ["v1"],
            Kind = "Secret",
            Plural = "secrets",
            Singular = "secret",
            IsNamespaced = true,
            StoreName = ResourceNames.Secrets,
            Schema = SchemaCatalog.Kubernetes["Secret"],
            Columns = CoreColumns.Secret,
            SelectableFields = new(SchemaCatalog.Kubernetes["Secret"], ["type"]),
            Default = DefaultSecret,
            Validate = DataValidation.Secret,
        };

    public static ResourceDefinition Events { get; } =
        new()
        {
            Group = "",
            Versions = ["v1"],
            Kind = "Event",
            Plural = "events",
            Singular = "event",
            ShortNames = ["ev"],
            IsNamespaced = true,
            StoreName = ResourceNames.Events,
            Schema = SchemaCatalog.Kubernetes["Event"],
            Columns = EventColumns.Event,
            SelectableFields = new(
                SchemaCatalog.Kubernetes["Event"],
                [
                    "involvedObject.kind",
                    "involvedObject.namespace",
                    "involvedObject.name",
                    "involvedObject.uid",
                    "involvedObject.apiVersion",
                    "involvedObject.resourceVersion",
                    "involvedObject.fieldPath",
                    "reason",
                    "reportingComponent",
                    "type",
                ],
                new Dictionary<string, Func<JsonObject, string>>
                {
                    ["source"] = e =>
                        e.At("source").StringAt("component") is { Length: > 0 } component
                            ? component
                            : e.StringAt("reportingComponent") ?? "",
                }
            ),
        };

    private static void DefaultSecret(JsonObject secret)
    {
        if (secret.StringAt("type") is null or "")
        {
            secret["type"] = "Opaque";
        }

        if (secret.ObjectAt("stringData") is { } plain)
        {
            // stringData is write-only: it is folded into data and never stored in clear beside it.
            var data = secret.Ensure("data");
            foreach (var (key, value) in plain)
            {
                data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.AsText() ?? ""));
            }

            secret.Remove("stringData");
        }
    }
}
