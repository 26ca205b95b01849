using System.Text.Json.Serialization;

namespace Holdfast.Terminal;

/// <summary>What <c>version -o json</c> writes.</summary>
internal sealed record VersionOutput(string Version, string Framework, string Platform);

/// <summary>Everything that <c>-o json</c> can write; field names are part of the program's interface.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(VersionOutput))]
internal sealed partial class OutputJson : JsonSerializerContext;
