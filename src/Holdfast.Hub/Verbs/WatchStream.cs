using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Storage;

namespace Holdfast.Hub.Verbs;

/// <summary>Writes watch events in the shape the client asked for. One per watch, used by one task.</summary>
internal sealed class WatchStream(ApiCall call, Negotiated wanted, RowObject include)
{
    /// <summary>Bytes gathered before a flush while events come thick.</summary>
    private const int FlushBytes = 16 << 10;

    private readonly System.IO.Pipelines.PipeWriter output = call.Http.Response.BodyWriter;
    private bool hasColumns;
    private int pending;

    public void Write(string type, JsonObject o)
    {
        using (var json = StoredJson.Writer(output))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WritePropertyName("object");
            WriteObject(json, call.InVersion(o));
            json.WriteEndObject();
            json.Flush();
            pending += (int)json.BytesCommitted;
        }

        EndLine();
    }

    /// <summary>Tells the client how far it has seen, so that it can go on from there.</summary>
    public void WriteBookmark(long revision, bool endsInitialEvents)
    {
        var meta = new JsonObject { ["resourceVersion"] = revision.ToString(), ["creationTimestamp"] = null };
        if (endsInitialEvents)
        {
            meta["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }

        var bookmark = new JsonObject
        {
            ["type"] = "BOOKMARK",
            ["object"] = new JsonObject
            {
                ["kind"] = wanted.Shape == AnswerShape.PartialMetadata ? "PartialObjectMetadata" : call.Resource.Kind,
                ["apiVersion"] =
                    wanted.Shape == AnswerShape.PartialMetadata ? $"meta.k8s.io/{wanted.Version}" : call.ApiVersion,
                ["metadata"] = meta,
            },
        };
        WriteLine(bookmark);
    }

    public async Task WriteErrorAsync(ApiException error)
    {
        WriteLine(new JsonObject { ["type"] = "ERROR", ["object"] = error.ToStatus() });
        await FlushAsync(call.Token);
    }

    public async Task FlushAsync(CancellationToken ct)
    {
        pending = 0;
        await output.FlushAsync(ct);
    }

    public async Task FlushWhenLargeAsync(CancellationToken ct)
    {
        if (pending > FlushBytes)
        {
            await FlushAsync(ct);
        }
    }

    private void WriteObject(Utf8JsonWriter json, JsonObject o)
    {
        switch (wanted.Shape)
        {
            case AnswerShape.Table:
                var table = new TableWriter(
                    json,
                    call.Resource.Columns,
                    wanted.Version,
                    include,
                    call.Objects.Clock.GetUtcNow()
                );
                table.WriteStart(withColumns: !hasColumns);
                hasColumns = true;
                json.WriteStartObject("metadata");
                json.WriteString("resourceVersion", o.ResourceVersion);
                json.WriteEndObject();
                json.WriteStartArray("rows");
                table.WriteRow(o);
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            case AnswerShape.PartialMetadata:
                ApiCall.PartialMetadata(o, wanted.Version).WriteTo(json);
                break;
            default:
                o.WriteTo(json);
                break;
        }
    }

    private void WriteLine(JsonObject line)
    {
        using (var json = StoredJson.Writer(output))
        {
            line.WriteTo(json);
        }

        EndLine();
    }

    private void EndLine()
    {
        output.GetSpan(1)[0] = (byte)'\n';
        output.Advance(1);
    }
}
