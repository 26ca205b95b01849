using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Hub.Http;

/// <summary>
/// Reads JSON as Kubernetes does: of a member that stands there twice the last one counts, and the writer is told. Used for
/// one body.
/// </summary>
internal sealed class JsonBody(int maxDepth)
{
    private readonly List<(string? Name, int Index)> place = [];
    private readonly List<string> duplicates = [];

    /// <summary>What stands there twice, as <c>duplicate field "spec.foo"</c>.</summary>
    public IReadOnlyList<string> Duplicates => duplicates;

    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public JsonNode? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            reader.Read();
            var node = ReadValue(ref reader);

            // Whatever follows the value is an error.
            reader.Read();
            return node;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a text is not valid UTF-8 or UTF-16", e);
        }
    }

    private JsonNode? ReadValue(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(ref reader);
            case JsonTokenType.StartArray:
                return ReadArray(ref reader);
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var whole)
                    ? JsonValue.Create(whole)
                    : JsonValue.Create(JsonElement.ParseValue(ref reader));
            case JsonTokenType.True or JsonTokenType.False:
                return JsonValue.Create(reader.GetBoolean());
            default:
                return null;
        }
    }

    private JsonObject ReadObject(ref Utf8JsonReader reader)
    {
        var o = new JsonObject();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            place.Add((name, 0));
            if (o.ContainsKey(name))
            {
                duplicates.Add($"duplicate field \"{Path()}\"");
            }

            reader.Read();
            o[name] = ReadValue(ref reader);
            place.RemoveAt(place.Count - 1);
        }

        return o;
    }

    private JsonArray ReadArray(ref Utf8JsonReader reader)
    {
        var list = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            place.Add((null, list.Count));
            list.Add(ReadValue(ref reader));
            place.RemoveAt(place.Count - 1);
        }

        return list;
    }

    private string Path()
    {
        var path = new StringBuilder();
        foreach (var (name, index) in place)
        {
            path.Append(
                name is null ? $"[{index}]"
                : path.Length == 0 ? name
                : $".{name}"
            );
        }

        return path.ToString();
    }
}
