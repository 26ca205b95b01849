using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Storage;
using Holdfast.Store;

namespace Holdfast.Hub.Verbs;

/// <summary>GET on a collection. Items go out one by one, so a long list is never in memory twice.</summary>
internal static class ListVerb
{
    /// <summary>Bytes gathered before they are sent: the size of Kestrel's own write buffer pages times four.</summary>
    private const int FlushBytes = 16 << 10;

    public static async Task RunAsync(ApiCall call)
    {
        var wanted = Negotiated.From(call.Request);
        var filter = ObjectFilter.From(call.Request, call.Resource);
        var limit = call.Request.Number("limit") ?? 0;
        var after = ReadContinue(call.Request.Text("continue"));
        var list = Fetch(call, filter);
        CheckVersion(call.Request.ResourceVersion(), list.Revision);
        var include = wanted.Shape == AnswerShape.Table ? call.Request.IncludeObject() : RowObject.None;

        call.Http.Response.ContentType = ApiAnswer.JsonType;
        var output = call.Http.Response.BodyWriter;
        await using var json = StoredJson.Writer(output);
        var table = new TableWriter(
            json,
            call.Resource.Columns,
            wanted.Version,
            include,
            call.Objects.Clock.GetUtcNow()
        );
        WriteStart(call, wanted, json, table);

        var written = 0L;
        ObjectKey? last = null;
        var remaining = false;
        foreach (var item in list.Items)
        {
            if (after is not null && string.CompareOrdinal(Position(item.Key), after) <= 0)
            {
                continue;
            }

            var o = NeedsParsing(call, wanted, filter) ? StoredJson.Parse(item) : null;
            if (o is not null && !filter.Passes(o))
            {
                continue;
            }

            if (limit > 0 && written == limit)
            {
                remaining = true;
                break;
            }

            WriteItem(call, wanted, json, table, item, o);
            written++;
            last = item.Key;
            if (json.BytesPending > FlushBytes)
            {
                await json.FlushAsync(call.Token);
                await output.FlushAsync(call.Token);
            }
        }

        json.WriteEndArray();
        json.WriteStartObject("metadata");
        json.WriteString("resourceVersion", list.Revision.ToString());
        if (remaining)
        {
            json.WriteString("continue", WriteContinue(list.Revision, last!.Value));
        }

        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(call.Token);
        await output.FlushAsync(call.Token);
    }

    /// <summary>The objects in question, in the order of their names; one look when the selector names the object.</summary>
    public static ObjectList Fetch(ApiCall call, ObjectFilter filter)
    {
        var store = call.Objects.Store;
        var ns = call.Path.Namespace;
        if (filter.Name is { Length: > 0 } name && (ns.Length > 0 || !call.Resource.IsNamespaced))
        {
            // The revision is read first: what is written in between shows up in a watch from it, never gets lost.
            var revision = store.Revision;
            return new(revision, store.Get(ObjectAccess.Key(call.Resource, ns, name)) is { } one ? [one] : []);
        }

        return store.List(call.Resource.StoreName, ns.Length > 0 ? ns : null);
    }

    public static void CheckVersion(long? asked, long revision)
    {
        if (asked > revision)
        {
            throw ApiException.TooLargeResourceVersion(asked.Value, revision);
        }
    }

    private static bool NeedsParsing(ApiCall call, Negotiated wanted, ObjectFilter filter) =>
        !filter.IsEmpty || wanted.Shape != AnswerShape.Object || !call.IsStoredVersion;

    private static void WriteStart(ApiCall call, Negotiated wanted, Utf8JsonWriter json, TableWriter table)
    {
        switch (wanted.Shape)
        {
            case AnswerShape.Table:
                table.WriteStart(withColumns: true);
                json.WriteStartArray("rows");
                break;
            case AnswerShape.PartialMetadata:
                json.WriteStartObject();
                json.WriteString("kind", "PartialObjectMetadataList");
                json.WriteString("apiVersion", $"meta.k8s.io/{wanted.Version}");
                json.WriteStartArray("items");
                break;
            default:
                json.WriteStartObject();
                json.WriteString("kind", call.Resource.Kind + "List");
                json.WriteString("apiVersion", call.ApiVersion);
                json.WriteStartArray("items");
                break;
        }
    }

    private static void WriteItem(
        ApiCall call,
        Negotiated wanted,
        Utf8JsonWriter json,
        TableWriter table,
        StoredObject item,
        JsonObject? o
    )
    {
        switch (wanted.Shape)
        {
            case AnswerShape.Table:
                table.WriteRow(call.InVersion(o!));
                break;
            case AnswerShape.PartialMetadata:
                ApiCall.PartialMetadata(o!, wanted.Version).WriteTo(json);
                break;
            default:
                if (o is null || call.IsStoredVersion)
                {
                    StoredJson.WriteSpliced(json, item);
                }
                else
                {
                    call.InVersion(o).WriteTo(json);
                }

                break;
        }
    }

    private static string Position(ObjectKey key) => $"{key.Namespace}\0{key.Name}";

    /// <summary>A continue token is the position of the last item: the next page is of the newest state, not of a snapshot.</summary>
    private static string WriteContinue(long revision, ObjectKey last) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{revision}\0{Position(last)}"));

    private static string? ReadContinue(string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        var bytes = new byte[token.Length];
        var text = Convert.TryFromBase64String(token, bytes, out var count)
            ? Encoding.UTF8.GetString(bytes, 0, count)
            : "";
        var cut = text.IndexOf('\0', StringComparison.Ordinal);
        return cut > 0 ? text[(cut + 1)..] : throw ApiException.BadRequest("continue key is not valid");
    }
}
