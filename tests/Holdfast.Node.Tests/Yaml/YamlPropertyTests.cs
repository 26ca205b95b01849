using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Node.Yaml;
using Holdfast.Testing;

namespace Holdfast.Node.Tests.Yaml;

/// <summary>Random files in the styles that people and programs write, random edits: the value is set and the rest stays.</summary>
public sealed class YamlPropertyTests
{
    private const string EndOfBlock = "# why not\n";

    private static readonly string[] Keys = ["a", "b", "c-1", "x.y", "key with words", "é"];
    private static readonly JsonNode[] Values =
    [
        "unix:///run/x.sock",
        "systemd",
        "2m0s",
        "yes",
        "a: b",
        "it's",
        "",
        120,
        true,
    ];

    [Fact]
    public void After_an_edit_the_key_has_the_value_and_nothing_else_changed() =>
        Choices.Check(
            1000,
            choices =>
            {
                var before = YamlDocument.Parse(Text(choices), "f");
                var path = Path(choices, before.Get());
                var value = choices.Of(Values).DeepClone();
                YamlDocument after;
                try
                {
                    after = before.Set(path, value);
                }
                catch (NodeException e)
                {
                    Assert.True(MayBeRefused(before, path), $"{e.Message}:\n{before.Text}");
                    return;
                }
                Assert.True(JsonNode.DeepEquals(value, after.Get(path)));
                Assert.Same(after, after.Set(path, value));
                AssertOnlyThatChanged(before, after, path);
            }
        );

    [Fact]
    public void Any_text_is_edited_rightly_or_refused() =>
        Choices.Check(
            1000,
            choices =>
            {
                var bytes = choices.Mutate(Encoding.UTF8.GetBytes(Text(choices)), "[]{}\"'&*!|>-?:,#\n\r\t\\ %@`~\0");
                try
                {
                    var before = YamlDocument.Parse(bytes, "f");
                    AssertOnlyThatChanged(before, before.Set(["new", "key"], 1), ["new", "key"]);
                }
                catch (NodeException e)
                {
                    Assert.Equal(NodeReason.FileNotUnderstood, e.Reason);
                }
            }
        );

    private static void AssertOnlyThatChanged(YamlDocument before, YamlDocument after, string[] path)
    {
        var (was, isNow) = (before.Get()?.DeepClone(), after.Get()!.DeepClone());
        Remove(was, path);
        Remove(isNow, path);
        Assert.True(JsonNode.DeepEquals(was ?? new JsonObject(), isNow), $"{before.Text}\n---\n{after.Text}");
        Assert.Equal(Comments(before.Text), Comments(after.Text));
    }

    /// <summary>Takes the value out, and the mappings that then have nothing in them.</summary>
    private static void Remove(JsonNode? root, ReadOnlySpan<string> path)
    {
        if (root is not JsonObject map || !map.ContainsKey(path[0]))
        {
            return;
        }
        if (path.Length > 1)
        {
            Remove(map[path[0]], path[1..]);
        }
        if (path.Length == 1 || map[path[0]] is null or JsonObject { Count: 0 })
        {
            map.Remove(path[0]);
        }
    }

    /// <summary>A list or mapping is there, a text of several lines, or something else than a mapping on the way.</summary>
    private static bool MayBeRefused(YamlDocument document, string[] path) =>
        document.Get(path) is JsonObject or JsonArray
        || document.GetString(path)?.Contains('\n', StringComparison.Ordinal) == true
        || Enumerable.Range(1, path.Length - 1).Any(n => document.Get(path[..n]) is JsonValue or JsonArray);

    private static int Comments(string text) => text.Split("# why").Length;

    /// <summary>Mostly keys that are there.</summary>
    private static string[] Path(Choices choices, JsonNode? at)
    {
        var path = new List<string>();
        do
        {
            path.Add(
                at is JsonObject { Count: > 0 } map && choices.Next(4) > 0
                    ? map.ElementAt(choices.Next(map.Count)).Key
                    : choices.Of(Keys)
            );
            at = (at as JsonObject)?[path[^1]];
        } while (path.Count < 4 && choices.Next(4) > 0);
        return [.. path];
    }

    private static string Text(Choices choices)
    {
        var isFlow = choices.OneIn(4);
        var text = isFlow
            ? Flow(choices, 2)
            : (choices.OneIn(4) ? "# why\n---\n" : "") + Block(choices, "", new string(' ', choices.Next(1, 5)), 3);
        // The line end that a new key needs would become part of a text of several lines.
        text = choices.OneIn(4) && !text.EndsWith(EndOfBlock, StringComparison.Ordinal) ? text.TrimEnd('\n') : text;
        return choices.OneIn(4) ? text.ReplaceLineEndings("\r\n") : text;
    }

    private static string Block(Choices choices, string indent, string step, int depth)
    {
        var text = new StringBuilder();
        foreach (var key in Keys.Where(_ => choices.OneIn(3)).DefaultIfEmpty("k"))
        {
            text.Append(choices.OneIn(5) ? $"{indent}# why\n\n" : "").Append($"{indent}{key}:");
            var rest = choices.OneIn(4) ? "  # why\n" : "\n";
            text.Append(
                choices.Next(depth > 0 ? 8 : 6) switch
                {
                    0 => " 0x1f" + rest,
                    1 => rest,
                    2 => $" {Flow(choices, 1)}{rest}",
                    3 => $" |\n{indent}{step}some text\n{indent}{step}{EndOfBlock}",
                    4 => $"{rest}{indent}- 1\n{indent}- x: 2\n{indent}  y: [3]\n",
                    5 => $" {choices.Of("plain", "'single'", "\"dou\\tble\"", "~", "true", "unix:///x")}{rest}",
                    _ => rest + Block(choices, indent + step, step, depth - 1),
                }
            );
        }
        return text.ToString();
    }

    private static string Flow(Choices choices, int depth)
    {
        var (isJson, separator) = (choices.OneIn(2), depth == 2 ? choices.Of(", ", ",\n  ", ",") : ", ");
        var entries = Keys.Where(_ => choices.OneIn(3))
            .Select(key =>
                $"\"{key}\": {(depth > 0 && choices.OneIn(3) ? Flow(choices, depth - 1) : isJson ? "\"v\"" : choices.Of("v", "1", "null", "[1, 2]", "''"))}"
            );
        return $"{{{string.Join(separator, entries)}}}";
    }
}
