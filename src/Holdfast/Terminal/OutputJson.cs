using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Terminal;

/// <summary>What <c>version -o json</c> writes.</summary>
internal sealed record VersionOutput(string Version, string Framework, string Platform);

/// <summary>One sandbox of <c>pods -o json</c>.</summary>
internal sealed record PodOutput(
    string Id,
    DateTimeOffset Created,
    string State,
    string Name,
    string Namespace,
    uint Attempt,
    string Endpoint,
    string Runtime
);

/// <summary>Everything that <c>-o json</c> can write; field names are part of the program's interface.</summary>
[JsonSerializable(typeof(VersionOutput))]
[JsonSerializable(typeof(IReadOnlyList<PodOutput>))]
internal sealed partial class OutputJson : JsonSerializerContext
{
    /// <summary>For terminals and files, not for HTML: a plus stays a plus.</summary>
    public static OutputJson Readable { get; } =
        new(
            new JsonSerializerOptions
            {
                WriteIndented = true,
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
