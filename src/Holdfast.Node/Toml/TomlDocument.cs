using System.Text;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Holdfast.Node.Toml;

/// <summary>
/// A TOML text that can be asked and changed without losing anything: comments, order, quoting and white space of all that
/// is not changed stay byte for byte. A change gives a new document, which was read again and means what was wanted. The
/// grammar is Tomlyn's, whose syntax tree knows where everything stands. Safe from any thread.
/// </summary>
internal sealed class TomlDocument
{
    /// <summary>Parts of one key. The reader of nested brackets has the same bound.</summary>
    private const int MaxDepth = 64;

    private const string ByteOrderMark = "\uFEFF";

    private readonly string mark;
    private readonly TomlTable root;

    private TomlDocument(string fileName, string mark, string body, IReadOnlyList<TomlSection> sections)
    {
        FileName = fileName;
        this.mark = mark;
        Body = body;
        Sections = sections;
        root = sections.Aggregate(TomlTable.Empty, Add);
    }

    /// <summary>Only for messages.</summary>
    public string FileName { get; }

    public string Text => mark + Body;

    /// <summary>The text without its byte order mark: what spans are counted in.</summary>
    internal string Body { get; }

    internal IReadOnlyList<TomlSection> Sections { get; }

    /// <exception cref="NodeException">With line and column of the first thing that is not TOML.</exception>
    public static TomlDocument Parse(string text, string fileName)
    {
        var hasMark = text.StartsWith(ByteOrderMark, StringComparison.Ordinal);
        return hasMark ? Read(fileName, ByteOrderMark, text[ByteOrderMark.Length..]) : Read(fileName, "", text);
    }

    /// <summary>As <see cref="Parse(string, string)"/>, from a file's bytes, which must be UTF-8.</summary>
    public static TomlDocument Parse(ReadOnlySpan<byte> utf8, string fileName) =>
        Parse(Utf8Text.Read(utf8, fileName, "TOML"), fileName);

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(Text);

    /// <summary>What is at a path, tables in whatever form included; null when nothing is.</summary>
    public TomlValue? Get(TomlPath path) => root.Get(path);

    public TomlValue? Get(params string[] path) => Get(new TomlPath(path));

    /// <summary>The whole document as a value.</summary>
    public TomlTable ToTable() => root;

    /// <summary>
    /// Gives a key a value: in place where the key is, else beside its siblings, else in a new table at a sensible place.
    /// Does nothing when the key means that already.
    /// </summary>
    /// <exception cref="NodeException">A table is at the path, or something on the way is no table.</exception>
    public TomlDocument Set(TomlPath path, TomlValue value) =>
        value.Equals(Get(path)) ? this : Changed(TomlEditor.Set(this, path, value), root.With(path, value));

    /// <summary>Takes away a key with its value, be it below a header or in braces. Does nothing when no value is written there.</summary>
    public TomlDocument Remove(TomlPath path) =>
        FindWritten(path) is { Left.Count: 0, Value: var value }
            ? Changed(TomlEditor.Remove(Body, value), root.Without(path))
            : this;

    /// <summary>Takes all items that equal <paramref name="item"/> out of an array; does nothing when there are none.</summary>
    public TomlDocument RemoveItem(TomlPath path, TomlValue item)
    {
        var document = this;
        while (document.FindWritten(path) is { Value: ArraySyntax array, Left.Count: 0 })
        {
            var index = array.Items.ToList().FindIndex(i => TomlValue.Of(i.Value!).Equals(item));
            if (index < 0)
            {
                break;
            }
            document = Read(FileName, mark, TomlEditor.RemoveItem(document.Body, array, index));
        }
        return document;
    }

    /// <summary>
    /// Adds an item behind the last one of an array, or makes an array of it where there is none. Does nothing when the
    /// array has it already.
    /// </summary>
    /// <exception cref="NodeException">Something that is no array in brackets is at the path.</exception>
    public TomlDocument AddItem(TomlPath path, TomlValue item)
    {
        if (Get(path) is not { } present)
        {
            return Set(path, new TomlArray([item]));
        }
        if (FindWritten(path) is not { Value: ArraySyntax array, Left.Count: 0 })
        {
            throw CannotSet(path, "it is not an array");
        }
        var items = ((TomlArray)present).Items;
        return items.Contains(item)
            ? this
            : Changed(TomlEditor.AddItem(Body, array, item), root.With(path, new TomlArray([.. items, item])));
    }

    /// <summary>
    /// The value that is written at a path, or at the longest part of it that has one (braces may hold the rest), with the
    /// part that is left; null where only headers and dots lead.
    /// </summary>
    internal (ValueSyntax Value, TomlPath Left)? FindWritten(TomlPath path)
    {
        var entries = Sections
            .Where(section => !section.IsWithinArray && path.StartsWith(section.Path))
            .SelectMany(
                section => section.Entries,
                (section, entry) => (Path: section.Path.Then(entry.Path.Segments), entry)
            );
        foreach (var (start, entry) in entries.Where(e => path.StartsWith(e.Path)))
        {
            return entry.FindWritten(path.Skip(start.Count));
        }
        return null;
    }

    internal NodeException CannotSet(TomlPath path, string cause) =>
        new(NodeReason.FileNotUnderstood, $"cannot set {path} in {FileName}: {cause}");

    private static TomlDocument Read(string fileName, string mark, string body)
    {
        DocumentSyntax syntax;
        try
        {
            syntax = SyntaxParser.Parse(body);
        }
        catch (TomlException e)
        {
            throw NotUnderstood(fileName, e.Message, e);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // Tomlyn 2.10 cannot print the character that it misses behind a backslash at the end of the text.
            throw NotUnderstood(fileName, "it ends within a string, behind a backslash", e);
        }
        if (
            syntax.Diagnostics.FirstOrDefault(d => d.Kind == DiagnosticMessageKind.Error) is
            { Span.Start: var at } error
        )
        {
            throw NotUnderstood(fileName, $"line {at.Line + 1}, column {at.Column + 1}: {error.Message}");
        }
        var sections = TomlSection.Of(syntax);
        return sections.Any(s => s.Path.Count > MaxDepth || s.Entries.Any(e => e.Path.Count > MaxDepth))
            ? throw NotUnderstood(fileName, $"a key of more than {MaxDepth} parts")
            : new TomlDocument(fileName, mark, body, sections);
    }

    private static TomlTable Add(TomlTable table, TomlSection section)
    {
        if (section.IsElement)
        {
            table = table.Update(
                section.Path,
                old => new TomlArray([.. (old as TomlArray)?.Items ?? [], TomlTable.Empty])
            );
        }
        else if (section.Path.Count > 0)
        {
            table = table.Update(section.Path, old => old ?? TomlTable.Empty);
        }
        return section.Entries.Aggregate(
            table,
            (t, entry) => t.With(section.Path.Then(entry.Path.Segments), TomlValue.Of(entry.Value))
        );
    }

    private TomlDocument Changed(string body, TomlTable wanted)
    {
        var changed = Read(FileName, mark, body);
        return changed.root.WithoutEmptyTables().Equals(wanted.WithoutEmptyTables())
            ? changed
            : throw new InvalidOperationException(
                $"internal error: an edit of {FileName} changed more than was wanted"
            );
    }

    private static NodeException NotUnderstood(string fileName, string cause, Exception? inner = null) =>
        new(NodeReason.FileNotUnderstood, $"cannot read {fileName} as TOML: {cause}", inner);
}
