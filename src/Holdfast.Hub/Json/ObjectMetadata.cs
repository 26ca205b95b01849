using System.Text.Json.Nodes;

namespace Holdfast.Hub.Json;

/// <summary>Short names for the members of metadata that nearly every verb and controller reads.</summary>
internal static class ObjectMetadata
{
    extension(JsonObject o)
    {
        public JsonObject Meta => o.Ensure("metadata");
        public string MetaName => o.At("metadata").StringAt("name") ?? "";
        public string MetaNamespace => o.At("metadata").StringAt("namespace") ?? "";
        public string Uid => o.At("metadata").StringAt("uid") ?? "";
        public string ResourceVersion => o.At("metadata").StringAt("resourceVersion") ?? "";
        public long Generation => o.At("metadata").IntAt("generation") ?? 0;
        public bool IsDeleting => o.At("metadata").StringAt("deletionTimestamp") is not null;
        public IReadOnlyDictionary<string, string> Labels => o.At("metadata").MapAt("labels");
        public IReadOnlyDictionary<string, string> Annotations => o.At("metadata").MapAt("annotations");
        public IReadOnlyList<string> Finalizers => [.. o.At("metadata").StringsAt("finalizers")];

        /// <summary>The owner that manages this object, or null.</summary>
        public JsonObject? ControllerRef =>
            o.At("metadata").ObjectsAt("ownerReferences").FirstOrDefault(r => r.BoolAt("controller"));
    }

    public static bool IsOwnedBy(this JsonObject o, string uid) =>
        o.At("metadata").ObjectsAt("ownerReferences").Any(r => r.StringAt("uid") == uid);

    public static bool IsControlledBy(this JsonObject o, string uid) => o.ControllerRef.StringAt("uid") == uid;
}
