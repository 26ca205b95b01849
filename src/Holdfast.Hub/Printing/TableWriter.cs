using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>What a row carries besides its cells: the includeObject parameter.</summary>
internal enum RowObject
{
    Metadata,
    None,
    Object,
}

/// <summary>Writes meta.k8s.io Table objects, row by row, so that a long list is never whole in memory. One per answer.</summary>
internal sealed class TableWriter(
    Utf8JsonWriter json,
    IReadOnlyList<TableColumn> columns,
    string version,
    RowObject include,
    DateTimeOffset now
)
{
    public void WriteStart(bool withColumns)
    {
        json.WriteStartObject();
        json.WriteString("kind", "Table");
        json.WriteString("apiVersion", $"meta.k8s.io/{version}");
        if (!withColumns)
        {
            json.WriteNull("columnDefinitions");
            return;
        }

        json.WriteStartArray("columnDefinitions");
        foreach (var column in columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            json.WriteString("type", column.Type);
            json.WriteString("format", column.Format);
            json.WriteString("description", "");
            json.WriteNumber("priority", column.Priority);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public void WriteRow(JsonObject item)
    {
        json.WriteStartObject();
        json.WriteStartArray("cells");
        foreach (var column in columns)
        {
            if (column.Cell(item, now) is { } cell)
            {
                cell.WriteTo(json);
            }
            else
            {
                json.WriteStringValue("<none>");
            }
        }

        json.WriteEndArray();
        if (include == RowObject.Object)
        {
            json.WritePropertyName("object");
            item.WriteTo(json);
        }
        else if (include == RowObject.Metadata)
        {
            json.WriteStartObject("object");
            json.WriteString("kind", "PartialObjectMetadata");
            json.WriteString("apiVersion", $"meta.k8s.io/{version}");
            json.WritePropertyName("metadata");
            item.Meta.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
