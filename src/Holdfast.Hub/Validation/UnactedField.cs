using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Validation;

/// <summary>A field that the API accepts and this node does not act on.</summary>
/// <param name="Path">Members from the object down: "[*]" is every item of a list, "[key]" an entry of a map.</param>
internal sealed record UnactedField(string Path)
{
    /// <summary>Values that the node fulfils without doing anything.</summary>
    public IReadOnlyList<string> Fulfilled { get; init; } = [];

    /// <summary>Whether the node acts on this value because of what stands beside it.</summary>
    public Func<JsonNode, bool> IsActedOn { get; init; } = _ => false;

    /// <summary>Where the field is set in an object, with the path that it has there.</summary>
    public IEnumerable<string> FindIn(JsonNode? o, string path) =>
        Find(o, path, Path).Where(Matters).Select(f => f.Path);

    private bool Matters((string Path, JsonNode Value) found) =>
        !IsActedOn(found.Value)
        && found.Value switch
        {
            JsonObject o => o.Count > 0,
            JsonArray list => list.Count > 0,
            _ when found.Value.GetValueKind() == JsonValueKind.String => found.Value.AsText() is { Length: > 0 } text
                && !Fulfilled.Contains(text),
            _ => !Fulfilled.Contains(found.Value.ToJsonString()),
        };

    private static IEnumerable<(string Path, JsonNode Value)> Find(JsonNode? node, string path, string pattern)
    {
        var dot = pattern.IndexOf('.', StringComparison.Ordinal);
        var (step, rest) = dot < 0 ? (pattern, "") : (pattern[..dot], pattern[(dot + 1)..]);
        var bracket = step.IndexOf('[', StringComparison.Ordinal);
        var (name, inside) = bracket < 0 ? (step, "") : (step[..bracket], step[(bracket + 1)..^1]);
        var place = $"{path}.{name}";
        var values = inside switch
        {
            "" => [(place, node.At(name))],
            "*" => (node.ArrayAt(name) ?? []).Select((item, i) => ($"{place}[{i}]", item)),
            _ => [($"{place}[{inside}]", node.At(name, inside))],
        };
        foreach (var (at, value) in values)
        {
            if (value is null)
            {
                continue;
            }

            if (rest.Length == 0)
            {
                yield return (at, value);
                continue;
            }

            foreach (var found in Find(value, at, rest))
            {
                yield return found;
            }
        }
    }
}
