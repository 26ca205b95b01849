namespace Holdfast.Node.Spec;

/// <summary>
/// A secret that the document has or points at. Its text is never part of <c>ToString</c>, so that no message, log or
/// plan shows it by accident. Immutable.
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

        public override async Task<string> ReadAsync(Machine machine, CancellationToken cancellationToken)
        {
            var text = (await machine.ReadTextAsync(Path, cancellationToken))?.Trim();
            return text switch
            {
                null => throw new NodeException(
                    NodeReason.FileNotUnderstood,
                    $"cannot read the token: there is no file {Path}; write the token into it (mode 0600), or correct the node document"
                ),
                "" => throw new NodeException(
                    NodeReason.FileNotUnderstood,
                    $"cannot read the token: {Path} is empty; write the token into it"
                ),
                _ when text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) => throw new NodeException(
                    NodeReason.FileNotUnderstood,
                    $"cannot read the token: {Path} has more than one word in it; it must have the token alone"
                ),
                _ => text,
            };
        }
    }

    /// <summary>The secret stands in the document.</summary>
    public sealed record Literal(string Value) : SecretSpec
    {
        public override string ToString() => Mask;

        public override Task<string> ReadAsync(Machine machine, CancellationToken cancellationToken) =>
            Task.FromResult(Value);
    }

    /// <summary>The secret itself, right before it is used.</summary>
    /// <exception cref="NodeException">There is no such file, or it has no secret in it.</exception>
    public abstract Task<string> ReadAsync(Machine machine, CancellationToken cancellationToken);
}
