namespace Holdfast.Changes;

/// <summary>What a look at one change found.</summary>
/// <param name="Summary">One short line for a person, for example <c>swap is on: /dev/sda2</c>.</param>
/// <param name="Diff">Unified diff of what would change, secrets masked; null where there is no text to compare.</param>
public sealed record Inspection(bool IsAsWanted, string Summary, string? Diff = null)
{
    public static Inspection AsWanted(string summary) => new(IsAsWanted: true, summary);

    public static Inspection Differs(string summary, string? diff = null) => new(IsAsWanted: false, summary, diff);
}
