namespace Holdfast.Node.Yaml;

/// <summary>
/// The way to a value: one segment per mapping, and the number of an item (from 0) per list. Immutable, equal by content.
/// </summary>
internal readonly record struct YamlPath(IReadOnlyList<string> Segments)
{
    public static YamlPath Root { get; } = new([]);

    public static YamlPath Of(params string[] segments) => new(segments);

    public int Count => Segments?.Count ?? 0;

    public string this[int index] => Segments[index];

    public string Last => Segments[^1];

    public YamlPath Then(params IEnumerable<string> more) => new([.. Segments ?? [], .. more]);

    public YamlPath Take(int count) => new([.. (Segments ?? []).Take(count)]);

    public YamlPath Skip(int count) => new([.. (Segments ?? []).Skip(count)]);

    public bool Equals(YamlPath other) => (Segments ?? []).SequenceEqual(other.Segments ?? []);

    public override int GetHashCode() => Count == 0 ? 0 : Last.GetHashCode(StringComparison.Ordinal);

    /// <summary>As people write it: <c>modules.edged.cgroupDriver</c>.</summary>
    public override string ToString() => Count == 0 ? "the document" : string.Join('.', Segments);
}
