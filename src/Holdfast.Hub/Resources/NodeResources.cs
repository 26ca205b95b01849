using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Validation;
using Holdfast.Kube;

namespace Holdfast.Hub.Resources;

/// <summary>Rows of the machine and of the runtimes on it.</summary>
internal static class NodeResources
{
    public static ResourceDefinition Nodes { get; } =
        new()
        {
            Group = "",
            Versions = ["v1"],
            Kind = "Node",
            Plural = "nodes",
            Singular = "node",
            ShortNames = ["no"],
            IsNamespaced = false,
            StoreName = ResourceNames.Nodes,
            Schema = SchemaCatalog.Kubernetes["Node"],
            Subresources = [new("status", "Node", "", "v1", "get", "patch", "update")],
            Columns = NodeColumns.Node,
            SelectableFields = new(SchemaCatalog.Kubernetes["Node"], ["spec.unschedulable"]),
            Default = o => o.Ensure("spec"),
        };

    public static ResourceDefinition RuntimeClasses { get; } =
        new()
        {
            Group = "node.k8s.io",
            Versions = ["v1", "v1beta1"],
            Kind = "RuntimeClass",
            Plural = "runtimeclasses",
            Singular = "runtimeclass",
            IsNamespaced = false,
            StoreName = ResourceNames.RuntimeClasses,
            Schema = SchemaCatalog.Kubernetes["RuntimeClass"],
            Columns = NodeColumns.RuntimeClass,
            Validate = ValidateRuntimeClass,
        };

    private static void ValidateRuntimeClass(JsonObject runtimeClass, JsonObject? old, List<FieldError> errors)
    {
        var handler = runtimeClass.StringAt("handler") ?? "";
        if (handler.Length == 0)
        {
            errors.Add(FieldError.Required("handler"));
        }
        else if (Names.CheckLabel(handler) is { } problem)
        {
            errors.Add(FieldError.Invalid("handler", handler, problem));
        }

        if (old is not null && old.StringAt("handler") != handler)
        {
            errors.Add(FieldError.Invalid("handler", handler, "field is immutable"));
        }
    }
}
