using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Changes.Journal;

/// <summary>One line of the journal; <c>event</c> says which.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(RecordLine), "record")]
[JsonDerivedType(typeof(DoneLine), "done")]
[JsonDerivedType(typeof(UndoneLine), "undone")]
[JsonDerivedType(typeof(SettledLine), "settled")]
[JsonDerivedType(typeof(ProvenLine), "proven")]
internal abstract record JournalLine;

/// <summary>A run is about to write; the first record of a change has the original.</summary>
/// <param name="Run">Number of the run: what one process did while it held the journal is one layer.</param>
/// <param name="Before">What the change remembered, in the shape of its kind.</param>
internal sealed record RecordLine(
    string Id,
    string Kind,
    string Title,
    string Group,
    int Run,
    DateTimeOffset At,
    JsonElement Before
) : JournalLine;

/// <summary>The change was seen through.</summary>
internal sealed record DoneLine(string Id) : JournalLine;

/// <summary>The original is back.</summary>
internal sealed record UndoneLine(string Id) : JournalLine;

/// <summary>What follows from their undo is done too: services were started again, swap is back.</summary>
internal sealed record SettledLine(IReadOnlyList<string> Ids) : JournalLine;

/// <summary>A pod has run with what these changes brought.</summary>
internal sealed record ProvenLine(IReadOnlyList<string> Ids) : JournalLine;

/// <summary>Lines as JSON, with as few escapes as JSON allows: people read them in a rescue shell.</summary>
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class JournalJson : JsonSerializerContext
{
    public static JournalJson Lines { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                RespectNullableAnnotations = true,
                RespectRequiredConstructorParameters = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
