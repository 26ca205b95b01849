using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Kube;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Verbs;

/// <summary>labelSelector and fieldSelector of a request. Immutable.</summary>
internal sealed class ObjectFilter
{
    private readonly LabelSelectorQuery labels;
    private readonly FieldSelectorQuery fields;
    private readonly ResourceDefinition resource;

    private ObjectFilter(LabelSelectorQuery labels, FieldSelectorQuery fields, ResourceDefinition resource) =>
        (this.labels, this.fields, this.resource) = (labels, fields, resource);

    /// <summary>Whether every object passes, so that none need be parsed.</summary>
    public bool IsEmpty => labels.Requirements.Count == 0 && fields.Requirements.Count == 0;

    /// <summary>The one name that can pass, or null.</summary>
    public string? Name => fields.RequiredValue("metadata.name");

    public static ObjectFilter From(HttpRequest request, ResourceDefinition resource)
    {
        try
        {
            var byLabel = LabelSelectorQuery.Parse(request.Text("labelSelector"));
            var byField = FieldSelectorQuery.Parse(request.Text("fieldSelector"));
            foreach (var path in byField.Requirements.Select(r => r.Path))
            {
                if (!resource.SelectableFields.Contains(path))
                {
                    throw ApiException.BadRequest(
                        $"Unable to find \"{resource.QualifiedName}\" that match label selector \"{byLabel}\", field selector "
                            + $"\"{byField}\": field label not supported: {path}"
                    );
                }
            }

            return new(byLabel, byField, resource);
        }
        catch (KubeException e)
        {
            throw new ApiException(ApiReason.BadRequest, $"unable to parse requirement: {e.Message}", e);
        }
    }

    public bool Passes(JsonObject o) =>
        labels.Matches(o.Labels) && fields.Matches(path => resource.SelectableFields.Value(o, path));
}
