using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>The owner reference by which a controller holds what it made. Stateless.</summary>
internal static class OwnerReference
{
    public static JsonObject To(JsonObject owner) =>
        new()
        {
            ["apiVersion"] = owner.StringAt("apiVersion"),
            ["kind"] = owner.StringAt("kind"),
            ["name"] = owner.MetaName,
            ["uid"] = owner.Uid,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        };
}
