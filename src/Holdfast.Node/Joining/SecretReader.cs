using Holdfast.Document;

namespace Holdfast.Node.Joining;

/// <summary>Reads the secret that a document has or points at, right before it is used.</summary>
internal static class SecretReader
{
    /// <exception cref="NodeException">FileNotUnderstood: there is no such file, or it has no secret in it.</exception>
    public static async Task<string> ReadAsync(
        this SecretSpec secret,
        Machine machine,
        CancellationToken cancellationToken
    ) =>
        secret switch
        {
            SecretSpec.Literal literal => literal.Value,
            SecretSpec.InFile file => Require(await machine.ReadTextAsync(file.Path, cancellationToken), file.Path),
            _ => throw new InvalidOperationException($"internal error: unknown kind of secret {secret.GetType().Name}"),
        };

    private static string Require(string? text, string path) =>
        text?.Trim() switch
        {
            null => throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot read the token: there is no file {path}; write the token into it (mode 0600), or correct the node document"
            ),
            "" => throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot read the token: {path} is empty; write the token into it"
            ),
            var secret when secret.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) => throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot read the token: {path} has more than one word in it; it must have the token alone"
            ),
            var secret => secret,
        };
}
