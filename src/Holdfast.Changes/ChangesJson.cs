using System.Text.Json.Serialization;
using Holdfast.Changes.Files;
using Holdfast.Changes.Kernel;
using Holdfast.Changes.Services;

namespace Holdfast.Changes;

/// <summary>What the kinds of this room remember, as it stands in the journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(FileRecord))]
[JsonSerializable(typeof(LinkRecord))]
[JsonSerializable(typeof(SysctlRecord))]
[JsonSerializable(typeof(KernelModuleRecord))]
[JsonSerializable(typeof(SwapRecord))]
[JsonSerializable(typeof(MaskedUnitRecord))]
[JsonSerializable(typeof(ServiceRecord))]
internal sealed partial class ChangesJson : JsonSerializerContext;

/// <summary>The kinds of this room, for the list of a program's kinds.</summary>
public static class ChangesKinds
{
    public static IReadOnlyList<ChangeKind> All { get; } =
    [
        FileChange.WholeKind,
        HostsFile.Kind,
        LinkChange.LinkKind,
        SysctlChange.SysctlKind,
        KernelModuleChange.ModuleKind,
        FstabSwap.Kind,
        SwapChange.SwapKind,
        MaskedUnitChange.MaskedUnitKind,
        ServiceChange.ServiceKind,
    ];
}
