using System.Text.Json.Serialization;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Runtimes.Images;

namespace Holdfast.Node.Runtimes;

/// <summary>What the kinds of this folder remember, as it stands in the journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(RuntimeDataRecord))]
[JsonSerializable(typeof(CniNetworkRecord))]
[JsonSerializable(typeof(ContainerdFilesRecord))]
[JsonSerializable(typeof(ImageBefore))]
internal sealed partial class RuntimesJson : JsonSerializerContext;
