using System.Text.Json.Nodes;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Verbs;

/// <summary>One request on objects while a verb works on it. Used by one request only.</summary>
internal sealed record ApiCall(HttpContext Http, ApiRequest Path, ObjectAccess Objects, CancellationToken Token)
{
    public ResourceDefinition Resource => Path.Resource;

    public HttpRequest Request => Http.Request;

    public RequestWarnings Warnings { get; } = new(Http.Response);

    /// <summary>What stood twice in the body, for who decodes it.</summary>
    public IReadOnlyList<string> DuplicateFields { get; set; } = [];

    /// <summary>How the request wants its object written.</summary>
    public WriteOptions WriteOptions => new() { IsDryRun = Request.IsDryRun(), Warn = Warnings.Add };

    public string ApiVersion => Resource.GroupVersion(Path.Version);

    /// <summary>Whether objects leave the Hub exactly as they are stored.</summary>
    public bool IsStoredVersion =>
        ReferenceEquals(Path.Version, Resource.Versions[0]) || Path.Version == Resource.Versions[0];

    /// <summary>The object in the version of the path; the versions of one kind share their fields.</summary>
    public JsonObject InVersion(JsonObject o)
    {
        if (!IsStoredVersion)
        {
            o["apiVersion"] = ApiVersion;
        }

        return o;
    }

    /// <summary>Answers with one object in the shape the client asked for.</summary>
    public async Task AnswerAsync(JsonObject o, int status = StatusCodes.Status200OK)
    {
        var wanted = Negotiated.From(Request);
        switch (wanted.Shape)
        {
            case AnswerShape.Table:
                Http.Response.StatusCode = status;
                Http.Response.ContentType = ApiAnswer.JsonType;
                await using (var json = StoredJson.Writer(Http.Response.BodyWriter))
                {
                    var table = new TableWriter(
                        json,
                        Resource.Columns,
                        wanted.Version,
                        Request.IncludeObject(),
                        Objects.Clock.GetUtcNow()
                    );
                    table.WriteStart(withColumns: true);
                    json.WriteStartObject("metadata");
                    json.WriteString("resourceVersion", o.ResourceVersion);
                    json.WriteEndObject();
                    json.WriteStartArray("rows");
                    table.WriteRow(InVersion(o));
                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                await Http.Response.BodyWriter.FlushAsync(Token);
                break;
            case AnswerShape.PartialMetadata:
                await ApiAnswer.WriteAsync(Http, PartialMetadata(o, wanted.Version), status);
                break;
            default:
                await ApiAnswer.WriteAsync(Http, InVersion(o), status);
                break;
        }
    }

    public static JsonObject PartialMetadata(JsonObject o, string version) =>
        new()
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = $"meta.k8s.io/{version}",
            ["metadata"] = o.Meta.DeepClone(),
        };
}
