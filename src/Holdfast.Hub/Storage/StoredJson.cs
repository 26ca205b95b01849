using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Store;

namespace Holdfast.Hub.Storage;

/// <summary>Between objects and their bytes in the store, where metadata.resourceVersion is the revision. Stateless.</summary>
internal static class StoredJson
{
    /// <summary>Strings are escaped as little as JSON allows; the API is no HTML.</summary>
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ReadOnlySpan<byte> MetadataName => "metadata"u8;

    public static JsonObject Parse(StoredObject stored)
    {
        var o =
            JsonNode.Parse(stored.Json.Span) as JsonObject
            ?? throw new InvalidDataException($"internal error: {stored.Key} in the store is not a JSON object");
        o.Meta["resourceVersion"] = stored.Revision.ToString();
        return o;
    }

    /// <summary>The bytes to store; the object itself keeps its resourceVersion.</summary>
    public static ReadOnlyMemory<byte> ToBytes(JsonObject o)
    {
        var version = o.Meta.StringAt("resourceVersion");
        o.Meta.Remove("resourceVersion");
        try
        {
            var buffer = new ArrayBufferWriter<byte>(1024);
            using var writer = new Utf8JsonWriter(buffer, Compact);
            o.WriteTo(writer);
            writer.Flush();
            return buffer.WrittenMemory;
        }
        finally
        {
            if (version is not null)
            {
                o.Meta["resourceVersion"] = version;
            }
        }
    }

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, Compact);

    /// <summary>
    /// Writes the stored bytes with the revision put in, without building objects: lists of thousands of pods cost no
    /// more memory than their bytes.
    /// </summary>
    public static void WriteSpliced(Utf8JsonWriter output, StoredObject stored)
    {
        var bytes = stored.Json.Span;
        var at = FindMetadata(bytes, out var isEmpty);
        if (at < 0)
        {
            Parse(stored).WriteTo(output);
            return;
        }

        var insert = $"\"resourceVersion\":\"{stored.Revision}\"{(isEmpty ? "" : ",")}";
        var whole = ArrayPool<byte>.Shared.Rent(bytes.Length + insert.Length);
        try
        {
            bytes[..at].CopyTo(whole);
            var count = Encoding.ASCII.GetBytes(insert, whole.AsSpan(at));
            bytes[at..].CopyTo(whole.AsSpan(at + count));
            output.WriteRawValue(whole.AsSpan(0, bytes.Length + count), skipInputValidation: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>Offset just after the brace that opens the top-level metadata, or -1.</summary>
    private static int FindMetadata(ReadOnlySpan<byte> json, out bool isEmpty)
    {
        isEmpty = false;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
            {
                continue;
            }

            var isMetadata = reader.ValueTextEquals(MetadataName);
            reader.Read();
            if (!isMetadata)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return -1;
            }

            var at = (int)reader.BytesConsumed;
            reader.Read();
            isEmpty = reader.TokenType == JsonTokenType.EndObject;
            return at;
        }

        return -1;
    }
}
