using System.Collections;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Kube;

/// <summary>
/// JSON as Kubernetes writes it: camelCase, no nulls, no empty strings or collections, times in whole seconds.
/// Source-generated, so trim- and AOT-safe. Thread-safe.
/// </summary>
public static class KubeJson
{
    // Deeper documents are hostile: no Kubernetes object comes near (a CustomResourceDefinition's schema has about 30).
    internal const int MaxDepth = 100;

    private static readonly JsonDocumentOptions DocumentOptions = new()
    {
        MaxDepth = MaxDepth,
        // Which of two equal keys wins differs from reader to reader; Kubernetes' strict decoding refuses them too.
        AllowDuplicateProperties = false,
    };

    // These records write empty strings, because Kubernetes does and clients read the keys without asking.
    private static readonly HashSet<Type> WritesEmptyStrings =
    [
        typeof(NodeSystemInfo),
        typeof(NodeRuntimeHandler),
        typeof(ContainerStatus),
    ];

    /// <summary>Options over the generated context, for streaming APIs that want options.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>Writer options that go with <see cref="Options"/>.</summary>
    public static JsonWriterOptions WriterOptions { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth };

    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/></exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, TypeInfo<T>()) ?? throw Null<T>();
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw Malformed<T>(e);
        }
    }

    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/></exception>
    public static T FromNode<T>(JsonNode node)
    {
        try
        {
            return node.Deserialize(TypeInfo<T>()) ?? throw Null<T>();
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw Malformed<T>(e);
        }
    }

    public static byte[] Serialize<T>(T value) =>
        value is JsonNode node ? Serialize(node) : JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>());

    public static JsonNode ToNode<T>(T value) =>
        JsonSerializer.SerializeToNode(value, TypeInfo<T>()) ?? throw new ArgumentNullException(nameof(value));

    public static byte[] Serialize(JsonNode node)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            node.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads any JSON value (null for the literal null). Everything that JsonNode would only find out later (keys twice, broken
    /// surrogates) is found here, so nodes that came through this door never throw while they are walked.
    /// </summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/></exception>
    public static JsonNode? ParseNode(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var node = JsonNode.Parse(utf8, nodeOptions: null, DocumentOptions);
            Touch(node);
            return node;
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or ArgumentException or DecoderFallbackException)
        {
            throw new KubeException(KubeReason.Malformed, $"cannot read JSON: {e.Message}", e);
        }
    }

    /// <summary>Parses an object; arrays and scalars are refused.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/></exception>
    public static JsonObject ParseObject(ReadOnlySpan<byte> utf8) =>
        ParseNode(utf8) as JsonObject
        ?? throw new KubeException(KubeReason.Malformed, "cannot read JSON: expected an object");

    public static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(KubeJsonContext.Default.Options)
        {
            TypeInfoResolver = KubeJsonContext.Default.WithAddedModifier(LeaveOutEmpty),
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            MaxDepth = MaxDepth,
        };
        options.MakeReadOnly();
        return options;
    }

    private static void LeaveOutEmpty(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (var property in type.Properties)
            if (property.PropertyType == typeof(string))
            {
                if (!WritesEmptyStrings.Contains(type.Type))
                    property.ShouldSerialize = static (_, value) => value is string { Length: > 0 };
            }
            else if (property.PropertyType.IsGenericType && property.PropertyType.IsAssignableTo(typeof(IEnumerable)))
                property.ShouldSerialize = static (_, value) => value is IEnumerable items && HasAny(items);
    }

    private static bool HasAny(IEnumerable items)
    {
        if (items is ICollection collection)
            return collection.Count > 0;
        var enumerator = items.GetEnumerator();
        using (enumerator as IDisposable)
            return enumerator.MoveNext();
    }

    private static void Touch(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (_, value) in o)
                    Touch(value);
                break;
            case JsonArray a:
                foreach (var item in a)
                    Touch(item);
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                v.GetValue<string>();
                break;
        }
    }

    private static KubeException Null<T>() =>
        new(KubeReason.Malformed, $"cannot read {typeof(T).Name}: the JSON is null");

    private static KubeException Malformed<T>(Exception e) =>
        new(KubeReason.Malformed, $"cannot read {typeof(T).Name}: {e.Message}", e);
}
