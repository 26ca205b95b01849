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

/// <summary>One step of <c>plan -o json</c>.</summary>
/// <param name="State"><c>ok</c>, <c>change</c>, <c>takeBack</c> for what the document no longer wants, <c>remove</c> where that destroys data.</param>
/// <param name="Suspect">Who may have changed what holdfast had put in place; only <c>check</c> tells.</param>
internal sealed record StepOutput(
    string Group,
    string Kind,
    string Id,
    string Title,
    string State,
    string Summary,
    string? Why,
    string? Diff,
    string? Suspect = null
)
{
    public const string IsOk = "ok";
    public const string IsRemove = "remove";
}

/// <summary>One change of <c>changes -o json</c>.</summary>
/// <param name="LastAt">When a later <c>up</c> adjusted it last; null when none did.</param>
internal sealed record ChangeOutput(
    int Number,
    DateTimeOffset At,
    DateTimeOffset? LastAt,
    string Group,
    string Kind,
    string Id,
    string Title
);

/// <summary>One finding of the preflight.</summary>
/// <param name="Id">The same for ever, see docs/troubleshooting.md.</param>
/// <param name="Severity"><c>info</c>, <c>warning</c> or <c>error</c>.</param>
/// <param name="IsDrift">The machine is not, or will not stay, as the document says, and <c>up</c> cannot mend it.</param>
internal sealed record FindingOutput(string Id, string Severity, string What, string Remedy, bool IsDrift);

/// <summary>What <c>check -o json</c> writes.</summary>
internal sealed record CheckOutput(
    string Node,
    string Document,
    IReadOnlyDictionary<string, string> Machine,
    IReadOnlyList<FindingOutput> Findings,
    IReadOnlyList<StepOutput> Steps
);

/// <summary>What one handler of one runtime did with a real pod.</summary>
internal sealed record ProbeOutput(
    string Endpoint,
    string Handler,
    bool Ok,
    string? Address,
    string? KernelRelease,
    IReadOnlyList<ProbeStepOutput> Steps
);

/// <summary>One step of a probe.</summary>
internal sealed record ProbeStepOutput(string Name, double Milliseconds, string? Detail, string? Error);

/// <summary>What <c>up -o json</c> writes.</summary>
internal sealed record UpOutput(string Node, int Changed, int Unchanged, bool Ready, IReadOnlyList<ProbeOutput> Probes);

/// <summary>Everything that <c>-o json</c> can write; field names are part of the program's interface.</summary>
[JsonSerializable(typeof(VersionOutput))]
[JsonSerializable(typeof(CheckOutput))]
[JsonSerializable(typeof(UpOutput))]
[JsonSerializable(typeof(IReadOnlyList<ProbeOutput>))]
[JsonSerializable(typeof(IReadOnlyList<StepOutput>))]
[JsonSerializable(typeof(IReadOnlyList<ChangeOutput>))]
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
