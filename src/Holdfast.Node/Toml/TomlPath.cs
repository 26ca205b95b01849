using Tomlyn.Syntax;

namespace Holdfast.Node.Toml;

/// <summary>The way to a key: one segment per table, unquoted. Equal by content.</summary>
internal readonly record struct TomlPath(IReadOnlyList<string> Segments)
{
    public static TomlPath Root { get; } = new([]);

    public static TomlPath Of(params string[] segments) => new(segments);

    /// <summary>A key or a header's name as it is written.</summary>
    public static TomlPath Of(KeySyntax key) =>
        new([NameOf(key.Key!), .. key.DotKeys.Select(part => NameOf(part.Key!))]);

    public int Count => Segments?.Count ?? 0;

    public string this[int index] => Segments[index];

    public string Last => Segments[^1];

    public TomlPath Parent => Take(Count - 1);

    public TomlPath Then(params IEnumerable<string> more) => new([.. Segments ?? [], .. more]);

    public TomlPath Take(int count) => new([.. (Segments ?? []).Take(count)]);

    public TomlPath Skip(int count) => new([.. (Segments ?? []).Skip(count)]);

    public bool StartsWith(TomlPath other) =>
        Count >= other.Count && (Segments ?? []).Take(other.Count).SequenceEqual(other.Segments ?? []);

    public bool Equals(TomlPath other) => Count == other.Count && StartsWith(other);

    public override int GetHashCode() => Count == 0 ? 0 : Last.GetHashCode(StringComparison.Ordinal);

    /// <summary>As it stands in a file: <c>plugins."io.containerd.grpc.v1.cri"</c>.</summary>
    public override string ToString() => string.Join('.', (Segments ?? []).Select(name => new KeySyntax(name)));

    private static string NameOf(BareKeyOrStringValueSyntax part) =>
        part is StringValueSyntax quoted ? quoted.Value! : ((BareKeySyntax)part).Key!.Text!;
}
