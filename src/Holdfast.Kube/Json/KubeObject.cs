using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>
/// An object that only passes through: JSON with accessors for its metadata. Nothing is lost on the way, unknown keys
/// included. Mutable and not thread-safe; <see cref="DeepClone"/> before handing it on.
/// </summary>
public sealed class KubeObject
{
    public KubeObject(JsonObject json) => Json = json;

    public JsonObject Json { get; }

    public string ApiVersion
    {
        get => Text(Json, "apiVersion");
        set => Json["apiVersion"] = value;
    }

    public string Kind
    {
        get => Text(Json, "kind");
        set => Json["kind"] = value;
    }

    /// <summary>metadata; made when it is missing.</summary>
    public JsonObject Metadata
    {
        get
        {
            if (Json["metadata"] is JsonObject metadata)
                return metadata;
            metadata = [];
            Json["metadata"] = metadata;
            return metadata;
        }
    }

    public string Name
    {
        get => MetaText("name");
        set => SetMeta("name", value);
    }

    public string GenerateName
    {
        get => MetaText("generateName");
        set => SetMeta("generateName", value);
    }

    public string Namespace
    {
        get => MetaText("namespace");
        set => SetMeta("namespace", value);
    }

    public string Uid
    {
        get => MetaText("uid");
        set => SetMeta("uid", value);
    }

    public string ResourceVersion
    {
        get => MetaText("resourceVersion");
        set => SetMeta("resourceVersion", value);
    }

    /// <summary>0 when absent; 0 removes the key.</summary>
    public long Generation
    {
        get => MetaNumber("generation") ?? 0;
        set => SetOrRemove("generation", value == 0 ? null : JsonValue.Create(value));
    }

    public DateTimeOffset? CreationTimestamp
    {
        get => MetaTime("creationTimestamp");
        set => SetOrRemove("creationTimestamp", value is { } time ? JsonValue.Create(KubeTime.Format(time)) : null);
    }

    public DateTimeOffset? DeletionTimestamp
    {
        get => MetaTime("deletionTimestamp");
        set => SetOrRemove("deletionTimestamp", value is { } time ? JsonValue.Create(KubeTime.Format(time)) : null);
    }

    /// <summary>Seconds.</summary>
    public long? DeletionGracePeriodSeconds
    {
        get => MetaNumber("deletionGracePeriodSeconds");
        set => SetOrRemove("deletionGracePeriodSeconds", value is { } seconds ? JsonValue.Create(seconds) : null);
    }

    /// <summary>A copy of the labels; entries that are not strings are left out.</summary>
    public IReadOnlyDictionary<string, string> Labels => MetaMap("labels");

    /// <summary>A copy of the annotations; entries that are not strings are left out.</summary>
    public IReadOnlyDictionary<string, string> Annotations => MetaMap("annotations");

    public IReadOnlyList<string> Finalizers =>
        MetaOrNull?["finalizers"] is JsonArray list ? [.. list.Select(TextOf).Where(text => text.Length > 0)] : [];

    public IReadOnlyList<OwnerReference> OwnerReferences =>
        MetaOrNull?["ownerReferences"] is JsonArray list
            ? [.. list.OfType<JsonObject>().Select(KubeJson.FromNode<OwnerReference>)]
            : [];

    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/>: not JSON, not an object, or metadata is no object.</exception>
    public static KubeObject Parse(ReadOnlySpan<byte> utf8)
    {
        var json = KubeJson.ParseObject(utf8);
        if (json["metadata"] is not (null or JsonObject))
            throw new KubeException(KubeReason.Malformed, "cannot read object: metadata must be an object");
        return new KubeObject(json);
    }

    /// <summary>Makes the pass-through form of a typed record.</summary>
    public static KubeObject From<T>(T record) => new((JsonObject)KubeJson.ToNode(record));

    /// <summary>Reads it as a typed record.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/></exception>
    public T To<T>() => KubeJson.FromNode<T>(Json);

    public byte[] ToUtf8() => KubeJson.Serialize(Json);

    public KubeObject DeepClone() => new((JsonObject)Json.DeepClone());

    public void SetLabel(string key, string? value) => SetEntry("labels", key, value);

    public void SetAnnotation(string key, string? value) => SetEntry("annotations", key, value);

    /// <summary>A node by keys, such as At("spec", "nodeName"); null when any step is missing or no object.</summary>
    public JsonNode? At(params ReadOnlySpan<string> keys)
    {
        JsonNode? node = Json;
        foreach (var key in keys)
        {
            if (node is not JsonObject o)
                return null;
            node = o[key];
        }
        return node;
    }

    /// <summary>The string at a place; "" when there is none.</summary>
    public string TextAt(params ReadOnlySpan<string> keys) => TextOf(At(keys));

    public override string ToString() => $"{Kind} {(Namespace.Length > 0 ? Namespace + "/" : "")}{Name}";

    private JsonObject? MetaOrNull => Json["metadata"] as JsonObject;

    private static string TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static string Text(JsonObject json, string key) => TextOf(json[key]);

    private string MetaText(string key) => TextOf(MetaOrNull?[key]);

    // A node made in this process from an int does not answer to long.
    private long? MetaNumber(string key) =>
        MetaOrNull?[key] is not JsonValue value ? null
        : value.TryGetValue<long>(out var number) ? number
        : value.TryGetValue<int>(out var small) ? small
        : null;

    private DateTimeOffset? MetaTime(string key) => KubeTime.TryParse(MetaText(key), out var time) ? time : null;

    private Dictionary<string, string> MetaMap(string key)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (MetaOrNull?[key] is JsonObject entries)
            foreach (var (name, node) in entries)
                if (node is JsonValue value && value.TryGetValue<string>(out var text))
                    map[name] = text;
        return map;
    }

    private void SetMeta(string key, string value) =>
        SetOrRemove(key, value.Length == 0 ? null : JsonValue.Create(value));

    private void SetOrRemove(string key, JsonNode? value)
    {
        if (value is null)
            MetaOrNull?.Remove(key);
        else
            Metadata[key] = value;
    }

    private void SetEntry(string map, string key, string? value)
    {
        if (Metadata[map] is not JsonObject entries)
        {
            if (value is null)
                return;
            entries = [];
            Metadata[map] = entries;
        }
        if (value is null)
            entries.Remove(key);
        else
            entries[key] = value;
    }
}
