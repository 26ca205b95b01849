using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Schema;

namespace Holdfast.Hub.Http;

/// <summary>
/// Reads Kubernetes' protobuf form of an object into JSON: kubectl 1.32 writes namespaces, config maps, secrets and
/// deployments that way. Form: k8s.io/apimachinery/pkg/runtime/serializer/protobuf and the generated.proto files. Stateless.
/// </summary>
internal static class ProtobufBody
{
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    // Fields of runtime.Unknown and runtime.TypeMeta.
    private const int TypeMetaField = 1;
    private const int RawField = 2;
    private const int ApiVersionField = 1;
    private const int KindField = 2;

    // Fields of resource.Quantity, intstr.IntOrString, metav1.Time and map entries.
    private const int QuantityText = 1;
    private const int IsText = 1;
    private const int IntValue = 2;
    private const int TextValue = 3;
    private const int Seconds = 1;
    private const int EntryKey = 1;
    private const int EntryValue = 2;

    /// <summary>Messages in messages; Kubernetes' deepest type is far from it.</summary>
    private const int MaxDepth = 32;

    public static JsonObject Read(ReadOnlySpan<byte> body, TypeSchema type)
    {
        if (!body.StartsWith(Magic))
        {
            throw Malformed("it does not begin with k8s\\0");
        }

        var reader = new ProtobufReader(body[Magic.Length..]);
        string? version = null;
        string? kind = null;
        JsonObject? o = null;
        while (reader.Next())
        {
            if (reader.Field == TypeMetaField)
            {
                var meta = new ProtobufReader(reader.Bytes);
                while (meta.Next())
                {
                    version = meta.Field == ApiVersionField ? Text(meta.Bytes) : version;
                    kind = meta.Field == KindField ? Text(meta.Bytes) : kind;
                }
            }
            else if (reader.Field == RawField)
            {
                o = ReadMessage(reader.Bytes, type, 0);
            }
        }

        o ??= [];
        o["apiVersion"] = version;
        o["kind"] = kind;
        return o;
    }

    private static JsonObject ReadMessage(ReadOnlySpan<byte> bytes, TypeSchema type, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Malformed("it is nested too deep");
        }

        var o = new JsonObject();
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            var number = reader.Field;
            if (type.Fields.Values.FirstOrDefault(f => f.Number == number) is not { } field)
            {
                // A field of a later version is passed over, as protobuf wants; one that is only not numbered here is not.
                if (type.IsNumbered)
                {
                    continue;
                }

                throw new ApiException(
                    ApiReason.UnsupportedMediaType,
                    $"cannot read field {number} of {type.Name} in protobuf: send the object as application/json"
                );
            }

            switch (field.Shape)
            {
                case FieldShape.List:
                    var list = o[field.Name] as JsonArray ?? [];
                    o[field.Name] = list;
                    list.Add(Value(ref reader, field, depth));
                    break;
                case FieldShape.Map:
                    var map = o[field.Name] as JsonObject ?? [];
                    o[field.Name] = map;
                    ReadEntry(reader.Bytes, field, map, depth);
                    break;
                default:
                    if (Value(ref reader, field, depth) is { } value && (field.KeepsZero || !IsZero(value)))
                    {
                        o[field.Name] = value;
                    }

                    break;
            }
        }

        return o;
    }

    private static void ReadEntry(ReadOnlySpan<byte> bytes, FieldSchema field, JsonObject map, int depth)
    {
        var key = "";
        JsonNode? value = "";
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == EntryKey)
            {
                key = Text(reader.Bytes);
            }
            else if (reader.Field == EntryValue)
            {
                value = Value(ref reader, field, depth);
            }
        }

        map[key] = value;
    }

    private static JsonNode? Value(ref ProtobufReader reader, FieldSchema field, int depth) =>
        field.Kind switch
        {
            FieldKind.Text => Text(reader.Bytes),
            FieldKind.Int32 or FieldKind.Int64 => (long)reader.Number,
            FieldKind.Boolean => reader.Number != 0,
            FieldKind.Bytes => Convert.ToBase64String(reader.Bytes),
            FieldKind.Object => ReadMessage(reader.Bytes, field.Type!, depth + 1),
            FieldKind.Quantity => Part(reader.Bytes, QuantityText).Text ?? "0",
            FieldKind.Time => Part(reader.Bytes, Seconds).Number is { } seconds ? Time((long)seconds) : null,
            FieldKind.IntOrString => Part(reader.Bytes, IsText).Number is 1
                ? Part(reader.Bytes, TextValue).Text ?? ""
                : (long)(Part(reader.Bytes, IntValue).Number ?? 0),
            _ => throw Malformed($"{field.Name} has no protobuf form here"),
        };

    private static (string? Text, ulong? Number) Part(ReadOnlySpan<byte> bytes, int field)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                return reader.IsBytes ? (Text(reader.Bytes), null) : (null, reader.Number);
            }
        }

        return default;
    }

    private static JsonNode Time(long seconds) =>
        seconds is > -62135596800 and < 253402300800
            ? Json.JsonReading.ToWireTime(DateTimeOffset.FromUnixTimeSeconds(seconds))
            : throw Malformed("a time is out of range");

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Go writes every field that is no pointer, also when nothing was set.</summary>
    private static bool IsZero(JsonNode value) =>
        value is JsonObject { Count: 0 }
        || (value is JsonValue scalar && scalar.ToJsonString() is "0" or "\"\"" or "false");

    private static ApiException Malformed(string cause) =>
        ApiException.BadRequest($"cannot read the request body: it is not Kubernetes protobuf: {cause}");

    /// <summary>Walks over the fields of one message; every length is checked against what is there.</summary>
    private ref struct ProtobufReader(ReadOnlySpan<byte> message)
    {
        private const int Varint = 0;
        private const int Fixed64 = 1;
        private const int LengthDelimited = 2;
        private const int Fixed32 = 5;
        private const int MaxVarintBits = 63;

        private ReadOnlySpan<byte> rest = message;

        private ReadOnlySpan<byte> bytes;
        private ulong number;

        public int Field { get; private set; }

        public bool IsBytes { get; private set; }

        public readonly ReadOnlySpan<byte> Bytes => IsBytes ? bytes : throw Malformed($"field {Field} is a number");

        public readonly ulong Number => IsBytes ? throw Malformed($"field {Field} is no number") : number;

        public bool Next()
        {
            if (rest.IsEmpty)
            {
                return false;
            }

            var tag = ReadVarint();
            Field = (int)Math.Min(tag >> 3, int.MaxValue);
            var wire = (int)(tag & 7);
            IsBytes = wire == LengthDelimited;
            switch (wire)
            {
                case Varint:
                    number = ReadVarint();
                    break;
                case LengthDelimited:
                    bytes = Take(ReadVarint());
                    break;
                case Fixed64:
                    number = BitConverter.ToUInt64(Take(sizeof(ulong)));
                    break;
                case Fixed32:
                    number = BitConverter.ToUInt32(Take(sizeof(uint)));
                    break;
                default:
                    throw Malformed($"wire type {wire}");
            }

            return true;
        }

        private ReadOnlySpan<byte> Take(ulong count)
        {
            if (count > (ulong)rest.Length)
            {
                throw Malformed("it ends in the middle of a field");
            }

            var taken = rest[..(int)count];
            rest = rest[(int)count..];
            return taken;
        }

        private ulong ReadVarint()
        {
            ulong value = 0;
            for (var shift = 0; shift <= MaxVarintBits; shift += 7)
            {
                var b = Take(1)[0];
                value |= (ulong)(b & 0x7F) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }

            throw Malformed("a number is too long");
        }
    }
}
