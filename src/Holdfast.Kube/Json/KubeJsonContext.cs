using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>Generated readers and writers for every record that stands alone somewhere; <see cref="KubeJson"/> is the door to it.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(KubeTimeConverter)]
)]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(PodTemplateSpec))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(RuntimeClass))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(Namespace))]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(ReplicaSet))]
[JsonSerializable(typeof(Status))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonArray))]
internal sealed partial class KubeJsonContext : JsonSerializerContext;
