using System.Text;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Tests.Yaml;

/// <summary>Writes a random document in random style and says what it means. For one test on one thread.</summary>
internal sealed class YamlGenerator(Random random)
{
    private static readonly string[] Keys = ["a", "b", "c-1", "x.y", "key with words", "é", "q\"t", "1", "true", "#h"];

    private readonly StringBuilder text = new();
    private readonly string lineEnd = random.Next(4) == 0 ? "\r\n" : "\n";
    private readonly int step = random.Next(1, 5);
    private readonly List<(string Name, YamlValue Value)> anchors = [];

    /// <summary>Where an empty line or the missing end of the last line would be a part of the text.</summary>
    private int endOfBlock;

    public (string Text, YamlValue Value) Document()
    {
        Comment("");
        if (random.Next(5) == 0)
        {
            text.Append("---").Append(random.Next(2) == 0 ? " # start" : "").Append(lineEnd);
        }
        var entries = new Dictionary<string, YamlValue>();
        Mapping(entries, "", depth: 0);
        if (entries.Count == 0)
        {
            text.Append($"only: 1{lineEnd}");
            entries["only"] = 1;
        }
        switch (random.Next(5))
        {
            case 0:
                text.Append("# the end, without a line end");
                break;
            case 1 when text.Length != endOfBlock:
                text.Length -= lineEnd.Length;
                break;
        }
        return (text.ToString(), new YamlMapping(entries));
    }

    public YamlPath Path(YamlDocument document)
    {
        var path = YamlPath.Root;
        var at = document.Get();
        while (at is YamlMapping { Entries.Count: > 0 } or YamlSequence { Items.Count: > 0 } && random.Next(5) > 0)
        {
            var key = at switch
            {
                YamlMapping mapping => mapping.Entries.Keys.ElementAt(random.Next(mapping.Entries.Count)),
                _ => $"{random.Next(((YamlSequence)at).Items.Count)}",
            };
            path = path.Then(key);
            at = document.Get(path);
        }
        for (var more = path.Count == 0 ? 1 : random.Next(3); more > 0; more--)
        {
            path = path.Then(Keys[random.Next(Keys.Length)]);
        }
        return path;
    }

    public YamlValue Value(int depth) =>
        random.Next(depth > 0 ? 10 : 8) switch
        {
            0 => random.NextInt64(long.MinValue, long.MaxValue),
            1 => random.Next(2) == 0,
            2 => new YamlFloat((random.NextDouble() * 1e10) - 5e9),
            3 => YamlNull.Instance,
            4 => new[] { "unix:///run/x.sock", "2m0s", "yes", "null", "1e3", "k8s.gcr.io/pause:3.2", "- x", "a: b" }[
                random.Next(8)
            ],
            5 or 6 or 7 => new string([
                .. Enumerable.Range(0, random.Next(7)).Select(_ => "ab\"\\'\n\té# :-{,"[random.Next(14)]),
            ]),
            8 => new YamlMapping(Keys.Where(_ => random.Next(4) == 0).ToDictionary(k => k, _ => Value(depth - 1))),
            _ => new YamlSequence([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(depth - 1))]),
        };

    private void Mapping(Dictionary<string, YamlValue> entries, string indent, int depth, string? firstPrefix = null)
    {
        foreach (var key in Keys.Where(_ => random.Next(3) == 0))
        {
            if (firstPrefix is null)
            {
                Comment(indent);
            }
            text.Append(firstPrefix ?? indent).Append(Key(key)).Append(':');
            firstPrefix = null;
            entries[key] = BlockValue(indent, depth);
        }
        if (firstPrefix is not null)
        {
            text.Append(firstPrefix).Append($"k: v{lineEnd}");
            entries["k"] = "v";
        }
    }

    /// <summary>From behind the colon or dash to the end of the last line.</summary>
    private YamlValue BlockValue(string indent, int depth)
    {
        var inner = indent + new string(' ', step);
        switch (random.Next(depth < 3 ? 12 : 6))
        {
            case 0:
                text.Append(Rest());
                return YamlNull.Instance;
            case 1 when anchors.Count > 0:
                var (name, value) = anchors[random.Next(anchors.Count)];
                text.Append($" *{name}{Rest()}");
                return value;
            case 2:
                var lines = Enumerable
                    .Range(0, random.Next(1, 4))
                    .Select(_ => new[] { "text # no comment", "key: value", "é '\"", "-" }[random.Next(4)])
                    .ToArray();
                var style = new[] { "|", "|-", "|+", ">-" }[random.Next(4)];
                text.Append($" {style}{(random.Next(3) == 0 ? " # head" : "")}{lineEnd}");
                text.Append(string.Concat(lines.Select(line => inner + line + lineEnd)));
                endOfBlock = text.Length;
                return style[0] == '|'
                    ? string.Join('\n', lines) + (style == "|-" ? "" : "\n")
                    : string.Join(' ', lines);
            case 6 or 7 or 8:
                var anchor = Anchor();
                text.Append($"{anchor}{Rest()}");
                var entries = new Dictionary<string, YamlValue>();
                var at = text.Length;
                Mapping(entries, inner, depth + 1);
                if (entries.Count == 0)
                {
                    text.Append($"{inner}k: 1{lineEnd}");
                    entries["k"] = 1;
                }
                return Known(anchor, new YamlMapping(entries));
            case 9 or 10:
                text.Append(Rest());
                return Sequence(random.Next(2) == 0 && depth > 0 ? inner : indent + new string(' ', step), depth + 1);
            default:
                var here = Anchor();
                var scalar = Value(random.Next(3));
                text.Append($"{here}{Space()}{Write(scalar)}{Rest()}");
                return Known(here, scalar);
        }
    }

    private YamlSequence Sequence(string indent, int depth)
    {
        var items = new List<YamlValue>();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            Comment(indent);
            if (random.Next(3) == 0)
            {
                var entries = new Dictionary<string, YamlValue>();
                Mapping(entries, indent + "  ", depth + 1, firstPrefix: $"{indent}- ");
                items.Add(new YamlMapping(entries));
                continue;
            }
            text.Append($"{indent}-");
            items.Add(BlockValue(indent, depth));
        }
        return new YamlSequence(items);
    }

    private string Anchor() => random.Next(8) == 0 ? $" &x{text.Length}" : "";

    private YamlValue Known(string anchor, YamlValue value)
    {
        if (anchor.Length > 0)
        {
            anchors.Add((anchor[2..], value));
        }
        return value;
    }

    private string Space() => random.Next(4) == 0 ? "   " : " ";

    private string Rest() =>
        (
            random.Next(4) == 0 ? "  # why"
            : random.Next(8) == 0 ? "  "
            : ""
        ) + lineEnd;

    private string Key(string key) =>
        random.Next(3) == 0 ? $"'{key}'" : YamlText.OfKey(key) + (random.Next(6) == 0 ? " " : "");

    private string Write(YamlValue value) =>
        value switch
        {
            YamlString s when random.Next(3) == 0 && !s.Value.Any(char.IsControl) =>
                $"'{s.Value.Replace("'", "''", StringComparison.Ordinal)}'",
            YamlInteger { Value: >= 0 } i when random.Next(2) == 0 => $"0x{i.Value:x}",
            YamlNull => new[] { "~", "null" }[random.Next(2)],
            YamlSequence s => $"[{string.Join(random.Next(2) == 0 ? " , " : ",", s.Items.Select(Write))}]",
            YamlMapping m =>
                $"{{{string.Join(", ", m.Entries.Select(e => $"{YamlText.OfKey(e.Key)}: {Write(e.Value)}"))}}}",
            _ => YamlText.Of(value),
        };

    private void Comment(string indent)
    {
        if (random.Next(4) == 0 && text.Length != endOfBlock)
        {
            text.Append(random.Next(2) == 0 ? lineEnd : $"{indent}# comment: [ {lineEnd}");
        }
    }
}
