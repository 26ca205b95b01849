namespace Holdfast.Node.Toml;

/// <summary>Finds the place where a value belongs and gives the text with it. Pure.</summary>
internal static class TomlSetter
{
    public static string Set(TomlDocument document, TomlPath path, TomlValue value)
    {
        var written = TomlText.Of(value);
        switch (document.Find(path))
        {
            case TomlLeaf or TomlArrayNode or TomlTableNode { Kind: TomlTableKind.Inline }:
                return Splice(document.Text, document.Find(path)!.Span, written);
            case { } table:
                throw document.CannotChange(
                    path,
                    table.Span.Start,
                    "a table is there; it would have to be removed first"
                );
        }
        var (holder, depth) = Holder(document, path);
        var rest = path.Skip(depth);
        return holder switch
        {
            { Kind: TomlTableKind.Inline } => IntoBraces(document.Text, holder, rest, written),
            { Kind: TomlTableKind.Dotted, Braces: { } braces } => IntoBraces(
                document.Text,
                braces,
                holder.FromHolder.Then(rest.Segments),
                written
            ),
            { Kind: TomlTableKind.Dotted } => IntoSection(
                document,
                holder.Section!,
                holder.FromHolder.Then(rest.Segments),
                written
            ),
            { Kind: TomlTableKind.Section } when rest.Count == 1 => IntoSection(
                document,
                holder.Section!,
                rest,
                written
            ),
            _ => NewSection(document, path, depth, written),
        };
    }

    /// <summary>The deepest table on the way that exists, and how many segments lead to it.</summary>
    private static (TomlTableNode Holder, int Depth) Holder(TomlDocument document, TomlPath path)
    {
        var table = document.RootNode;
        for (var depth = 0; depth < path.Count - 1; depth++)
        {
            if (!table.Children.TryGetValue(path[depth], out var child))
            {
                return (table, depth);
            }
            table =
                child as TomlTableNode
                ?? throw document.CannotChange(
                    path,
                    child is TomlTableArrayNode array ? array.Items[0].Span.Start : child.Span.Start,
                    $"{new TomlPath([.. path.Segments.Take(depth + 1)])} is not a table"
                );
        }
        return (table, path.Count - 1);
    }

    private static string IntoBraces(string text, TomlTableNode braces, TomlPath key, string written)
    {
        if (braces.Entries is [.., var last])
        {
            return text.Insert(last.Span.End, $", {key} = {written}");
        }
        return Splice(text, braces.Span, $"{{ {key} = {written} }}");
    }

    private static string IntoSection(TomlDocument document, TomlSection section, TomlPath key, string written)
    {
        var layout = new TomlLayout(document);
        if (section.Path.Count == 0 && section.Statements.Count == 0)
        {
            return layout.InsertFirst($"{key} = {written}");
        }
        return layout.InsertLine(section.End, $"{layout.KeyIndent(section)}{key} = {written}");
    }

    private static string NewSection(TomlDocument document, TomlPath path, int depth, string written)
    {
        var layout = new TomlLayout(document);
        var name = path.Parent;
        var known = new TomlPath([.. path.Segments.Take(depth)]);
        // Behind the last relative; in a file without relatives at the end.
        var relative = depth == 0 ? null : document.Sections.LastOrDefault(s => s.Path.StartsWith(known));
        var indent = layout.HeaderIndent(name);
        var lines = $"{indent}[{name}]{layout.LineEnd}{indent}{layout.KeyStep}{TomlText.OfKey(path.Last)} = {written}";
        return relative is null ? layout.Append(lines) : layout.InsertBlock(relative.End, lines);
    }

    private static string Splice(string text, TomlSpan span, string written) =>
        string.Concat(text.AsSpan(0, span.Start), written, text.AsSpan(span.End));
}
