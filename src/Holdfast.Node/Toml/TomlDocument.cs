using System.Text;

namespace Holdfast.Node.Toml;

/// <summary>
/// A TOML 1.0 text that can be asked and changed without losing anything: comments, order, quoting and white space of
/// all that is not changed stay byte for byte. Immutable: a change gives a new document. Safe from any thread.
/// </summary>
internal sealed class TomlDocument
{
    private readonly TomlTableNode root;

    private TomlDocument(string fileName, string text, TomlTableNode root, IReadOnlyList<TomlSection> sections)
    {
        FileName = fileName;
        Text = text;
        this.root = root;
        Sections = sections;
    }

    /// <summary>Only for messages.</summary>
    public string FileName { get; }

    public string Text { get; }

    internal IReadOnlyList<TomlSection> Sections { get; }

    internal TomlTableNode RootNode => root;

    /// <exception cref="NodeException">With line and column of the first thing that is not TOML.</exception>
    public static TomlDocument Parse(string text, string fileName)
    {
        try
        {
            var (root, sections) = TomlParser.Parse(text);
            return new TomlDocument(fileName, text, root, sections);
        }
        catch (TomlSyntaxException e)
        {
            var (line, column) = Place(text, e.Position);
            throw NotUnderstood($"cannot read {fileName} as TOML: line {line}, column {column}: {e.Message}", e);
        }
    }

    /// <summary>As <see cref="Parse(string, string)"/>, from a file's bytes, which must be UTF-8.</summary>
    public static TomlDocument Parse(ReadOnlySpan<byte> utf8, string fileName)
    {
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8), fileName);
        }
        catch (DecoderFallbackException e)
        {
            var line = utf8[..Math.Clamp(e.Index, 0, utf8.Length)].Count((byte)'\n') + 1;
            throw NotUnderstood($"cannot read {fileName} as TOML: line {line}: it is not UTF-8 text", e);
        }
    }

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(Text);

    /// <summary>What is at a path, tables in whatever form included; null when nothing is.</summary>
    public TomlValue? Get(TomlPath path) => Find(path)?.ToValue();

    public TomlValue? Get(params string[] path) => Get(new TomlPath(path));

    /// <summary>The whole document as a value.</summary>
    public TomlTable ToTable() => (TomlTable)root.ToValue();

    /// <summary>
    /// Gives a key a value: in place where the key is, else beside its siblings, else in a new table at a sensible place.
    /// Does nothing when the key means that already.
    /// </summary>
    /// <exception cref="NodeException">A table is at the path, or something on the way is no table.</exception>
    public TomlDocument Set(TomlPath path, TomlValue value) =>
        Get(path) is { } present && present.Equals(value) ? this : Changed(TomlSetter.Set(this, path, value));

    /// <summary>Takes away a key, or a table with all that is in it. Does nothing when there is no such thing.</summary>
    public TomlDocument Remove(TomlPath path) => Find(path) is null ? this : Changed(TomlRemover.Remove(this, path));

    /// <summary>Takes all items that equal <paramref name="item"/> out of an array; does nothing when there are none.</summary>
    public TomlDocument RemoveItem(TomlPath path, TomlValue item)
    {
        var document = this;
        while (document.Find(path) is TomlArrayNode array)
        {
            var index = array.Items.FindIndex(i => i.ToValue().Equals(item));
            if (index < 0)
            {
                break;
            }
            document = document.Changed(TomlRemover.RemoveItem(document.Text, array, index));
        }
        return document;
    }

    /// <summary>
    /// Adds an item behind the last one of an array, or makes an array of it where there is none. Does nothing when the
    /// array has it already.
    /// </summary>
    /// <exception cref="NodeException">Something that is no array is at the path.</exception>
    public TomlDocument AddItem(TomlPath path, TomlValue item)
    {
        switch (Find(path))
        {
            case null:
                return Set(path, new TomlArray([item]));
            case TomlArrayNode array when array.Items.Any(i => i.ToValue().Equals(item)):
                return this;
            case TomlArrayNode { Items: [.., var last] }:
                return Changed(Text.Insert(last.Span.End, $", {TomlText.Of(item)}"));
            case TomlArrayNode empty:
                return Changed(Text.Insert(empty.Span.Start + 1, TomlText.Of(item)));
            case var other:
                throw CannotChange(path, other.Span.Start, "it is not an array");
        }
    }

    internal TomlNode? Find(TomlPath path)
    {
        TomlNode node = root;
        foreach (var segment in path.Segments)
        {
            if (node is not TomlTableNode table || !table.Children.TryGetValue(segment, out var child))
            {
                return null;
            }
            node = child;
        }
        return node;
    }

    internal NodeException CannotChange(TomlPath path, int position, string cause)
    {
        var (line, column) = Place(Text, position);
        return NotUnderstood($"cannot set {path} in {FileName}: line {line}, column {column}: {cause}", inner: null);
    }

    private TomlDocument Changed(string text)
    {
        try
        {
            var (changedRoot, sections) = TomlParser.Parse(text);
            return new TomlDocument(FileName, text, changedRoot, sections);
        }
        catch (TomlSyntaxException e)
        {
            throw new InvalidOperationException(
                $"internal error: an edit of {FileName} made it unreadable: {e.Message}",
                e
            );
        }
    }

    private static NodeException NotUnderstood(string message, Exception? inner) =>
        new(NodeReason.FileNotUnderstood, message, inner);

    private static (int Line, int Column) Place(string text, int position)
    {
        var before = text.AsSpan(0, Math.Min(position, text.Length));
        return (before.Count('\n') + 1, before.Length - (before.LastIndexOf('\n') + 1) + 1);
    }
}
