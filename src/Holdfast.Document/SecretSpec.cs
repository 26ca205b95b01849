namespace Holdfast.Document;

/// <summary>
/// A secret that the document has or points at. Its text is never part of <c>ToString</c>, so that no message, log or
/// plan shows it by accident.
/// </summary>
public abstract record SecretSpec
{
    private SecretSpec() { }

    /// <summary>Stands for a secret wherever a person reads.</summary>
    public const string Mask = "***";

    /// <summary>The secret is the content of a file of this machine, without white space around it.</summary>
    public sealed record InFile(string Path) : SecretSpec
    {
        public override string ToString() => $"(in {Path})";
    }

    /// <summary>The secret stands in the document.</summary>
    public sealed record Literal(string Value) : SecretSpec
    {
        public override string ToString() => Mask;
    }
}
