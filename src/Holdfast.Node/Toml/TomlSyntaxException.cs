namespace Holdfast.Node.Toml;

/// <summary>Ends the parsing at the first error; caught by <see cref="TomlDocument"/>, never seen outside.</summary>
internal sealed class TomlSyntaxException(int position, string message) : Exception(message)
{
    public int Position { get; } = position;
}
