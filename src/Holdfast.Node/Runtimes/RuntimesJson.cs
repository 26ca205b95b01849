using System.Text.Json.Serialization;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Containerd;

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
internal sealed partial class RuntimesJson : JsonSerializerContext;

/// <summary>The kinds of this folder, for the list of the program's kinds.</summary>
internal static class RuntimesKinds
{
    public static IReadOnlyList<ChangeKind> All { get; } =
    [RuntimeDataChange.DataKind, CniNetworkChange.NetworkKind, ContainerdFilesChange.FilesKind];
}
