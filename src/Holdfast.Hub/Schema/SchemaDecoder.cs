using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Schema;

/// <summary>
/// Brings a body into the shape of its type, as decoding into a Go struct would: nulls and unknown fields are dropped
/// (and reported), a value of a wrong type is an error. What passes can be read by the typed records of the agent.
/// Stateless apart from the catalog, safe from any thread.
/// </summary>
internal sealed class SchemaDecoder(TypeSchema type)
{
    /// <summary>Fields the type does not know, as <c>unknown field "spec.foo"</c>.</summary>
    public List<string> UnknownFields { get; } = [];

    /// <exception cref="ApiException">BadRequest when a value has the wrong type.</exception>
    public void Decode(JsonObject body, string kind)
    {
        try
        {
            DecodeObject(body, type, "");
        }
        catch (WrongTypeException wrong)
        {
            throw ApiException.BadRequest(
                $"{kind} in version \"{body.StringAt("apiVersion")}\" cannot be handled as a {kind}: {wrong.Message}"
            );
        }
    }

    private void DecodeObject(JsonObject target, TypeSchema schema, string path)
    {
        // A snapshot, because decoding drops fields and rewrites quantities in place.
        foreach (var (name, value) in target.ToList())
        {
            if (!schema.Fields.TryGetValue(name, out var field))
            {
                UnknownFields.Add($"unknown field \"{Join(path, name)}\"");
                target.Remove(name);
            }
            else if (value is null)
            {
                target.Remove(name);
            }
            else
            {
                DecodeField(target, field, value, Join(path, name));
            }
        }
    }

    private void DecodeField(JsonObject owner, FieldSchema field, JsonNode value, string path)
    {
        switch (field.Shape)
        {
            case FieldShape.List:
                var list = value as JsonArray ?? throw Wrong(value, path, "[]" + field.TypeName);
                for (var i = 0; i < list.Count; i++)
                {
                    var place = $"{path}[{i}]";
                    DecodeValue(field, list[i] ?? throw Wrong(null, place, field.TypeName), place);
                }

                break;
            case FieldShape.Map:
                var map = value as JsonObject ?? throw Wrong(value, path, $"map[string]{field.TypeName}");
                foreach (var (key, entry) in map.ToList())
                {
                    // Go decodes null into the zero value, which for a label or a data entry is the empty string.
                    map[key] = DecodeScalar(field, entry ?? "", Join(path, key));
                }

                break;
            default:
                if (field.Kind is FieldKind.Quantity or FieldKind.Bytes)
                {
                    owner[field.Name] = DecodeScalar(field, value, path);
                }
                else
                {
                    DecodeValue(field, value, path);
                }

                break;
        }
    }

    /// <summary>The value itself; quantities and bytes in their canonical text.</summary>
    private JsonNode DecodeScalar(FieldSchema field, JsonNode value, string path)
    {
        switch (field.Kind)
        {
            case FieldKind.Quantity:
                return CanonicalQuantity(value, path);
            case FieldKind.Bytes:
                return CanonicalBytes(value, path);
            default:
                break;
        }

        DecodeValue(field, value, path);
        return value.Parent is null ? value : value.DeepClone();
    }

    private void DecodeValue(FieldSchema field, JsonNode value, string path)
    {
        var kind = value.GetValueKind();
        switch (field.Kind)
        {
            case FieldKind.Object:
                DecodeObject(value as JsonObject ?? throw Wrong(value, path, field.TypeName), field.Type!, path);
                break;
            case FieldKind.Text when kind != JsonValueKind.String:
                throw Wrong(value, path, "string");
            case FieldKind.Boolean when kind is not (JsonValueKind.True or JsonValueKind.False):
                throw Wrong(value, path, "bool");
            case FieldKind.Int32 when !IsWhole(value, int.MinValue, int.MaxValue):
                throw Wrong(value, path, "int32");
            case FieldKind.Int64 when !IsWhole(value, long.MinValue, long.MaxValue):
                throw Wrong(value, path, "int64");
            case FieldKind.IntOrString when kind != JsonValueKind.String && !IsWhole(value, int.MinValue, int.MaxValue):
                throw Wrong(value, path, "int32");
            case FieldKind.Time:
                CheckTime(value, path);
                break;
            default:
                break;
        }
    }

    private static bool IsWhole(JsonNode value, long from, long to) =>
        value is JsonValue number
        && number.GetValueKind() == JsonValueKind.Number
        && long.TryParse(
            number.ToJsonString(),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var whole
        )
        && whole >= from
        && whole <= to;

    /// <summary>Go takes line breaks and stray bits in base64; the readers of this program do not.</summary>
    private static JsonNode CanonicalBytes(JsonNode value, string path)
    {
        var text = (value.AsText() ?? throw Wrong(value, path, "[]uint8")).Replace("\r", "").Replace("\n", "");
        var bytes = new byte[text.Length];
        return !text.AsSpan().ContainsAny(" \t") && Convert.TryFromBase64String(text, bytes, out var count)
            ? Convert.ToBase64String(bytes.AsSpan(0, count))
            : throw new WrongTypeException($"illegal base64 data in {path}");
    }

    private static void CheckTime(JsonNode value, string path)
    {
        if (!KubeTime.TryParse(value.AsText() ?? throw Wrong(value, path, "Time"), out _))
        {
            throw new WrongTypeException($"cannot parse {value.ToJsonString()} as RFC 3339 time in {path}");
        }
    }

    private static JsonNode CanonicalQuantity(JsonNode value, string path)
    {
        var text = value.GetValueKind() switch
        {
            JsonValueKind.String => value.AsText()!,
            JsonValueKind.Number => value.ToJsonString(),
            _ => throw Wrong(value, path, "resource.Quantity"),
        };
        return Quantity.TryParse(text, out var quantity)
            ? quantity.ToString()
            : throw new WrongTypeException(
                "quantities must match the regular expression "
                    + $"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' in {path}: {text}"
            );
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static WrongTypeException Wrong(JsonNode? value, string path, string wanted)
    {
        var found = value?.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            JsonValueKind.True or JsonValueKind.False => "bool",
            _ => "null",
        };
        return new($"json: cannot unmarshal {found} into field {path} of type {wanted}");
    }

    private sealed class WrongTypeException(string message) : Exception(message);
}
