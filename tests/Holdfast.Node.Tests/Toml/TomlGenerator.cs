using System.Text;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Toml;

/// <summary>Writes a random table in random style and says what it means.</summary>
internal sealed class TomlGenerator(Random random)
{
    private static readonly string[] Keys = ["a", "b", "c-1", "x.y", "io.containerd.grpc.v1.cri", "", "é", "q\"t", "1"];

    private readonly StringBuilder text = new();
    private readonly string lineEnd = random.Next(4) == 0 ? "\r\n" : "\n";

    public (string Text, TomlTable Table) Document()
    {
        var root = new Dictionary<string, TomlValue>();
        Comment();
        Statements(root, "");
        Tables(root, TomlPath.Root, depth: 0);
        if (random.Next(4) == 0 && text.Length > 0)
        {
            text.Append("# the end, without a line end");
        }
        return (text.ToString(), new TomlTable(root));
    }

    public TomlPath Path(TomlDocument document)
    {
        var path = TomlPath.Root;
        TomlValue? at = document.ToTable();
        while (at is TomlTable { Entries.Count: > 0 } table && random.Next(5) > 0)
        {
            var key = table.Entries.Keys.ElementAt(random.Next(table.Entries.Count));
            path = path.Then(key);
            at = table.Entries[key];
        }
        for (var more = path.Count == 0 ? 1 : random.Next(3); more > 0; more--)
        {
            path = path.Then(Keys[random.Next(Keys.Length)]);
        }
        return path;
    }

    public TomlValue Value(int depth) =>
        random.Next(depth > 0 ? 9 : 6) switch
        {
            0 => random.NextInt64(long.MinValue, long.MaxValue),
            1 => random.Next(2) == 0,
            2 => new TomlFloat((random.NextDouble() * 1e10) - 5e9),
            3 => new TomlDateTime(
                new[]
                {
                    "1979-05-27 07:32:00Z",
                    "1979-05-27T07:32:00.25-07:00",
                    "1979-05-27t07:32:00",
                    "1979-05-27",
                    "07:32:00.999999",
                }[random.Next(5)]
            ),
            4 or 5 => new string([
                .. Enumerable.Range(0, random.Next(6)).Select(_ => "ab\"\\'\n\té\u0001# "[random.Next(11)]),
            ]),
            6 => new TomlTable(Keys.Where(_ => random.Next(4) == 0).ToDictionary(k => k, _ => Value(depth - 1))),
            _ => new TomlArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(depth - 1))]),
        };

    private void Tables(Dictionary<string, TomlValue> parent, TomlPath path, int depth)
    {
        foreach (var key in Keys.Where(k => !parent.ContainsKey(k) && depth < 3 && random.Next(3) == 0))
        {
            var name = path.Then(key);
            var table = new Dictionary<string, TomlValue>();
            var indent = random.Next(2) == 0 ? "" : new string(' ', depth * 2);
            switch (random.Next(5))
            {
                case 0:
                    // Only named by its children.
                    Tables(table, name, depth + 1);
                    break;
                case 1:
                    var elements = new List<TomlValue>();
                    for (var i = random.Next(1, 3); i > 0; i--)
                    {
                        text.Append($"{indent}[[{name}]]{lineEnd}");
                        var element = new Dictionary<string, TomlValue>();
                        Statements(element, indent);
                        elements.Add(new TomlTable(element));
                    }
                    parent[key] = new TomlArray(elements);
                    continue;
                default:
                    text.Append($"{indent}[ {name} ] # t{lineEnd}");
                    Statements(table, indent);
                    Tables(table, name, depth + 1);
                    break;
            }
            if (table.Count > 0)
            {
                parent[key] = new TomlTable(table);
            }
        }
    }

    private void Statements(Dictionary<string, TomlValue> table, string indent)
    {
        foreach (var key in Keys.Where(k => !table.ContainsKey(k) && random.Next(4) == 0))
        {
            Comment();
            if (random.Next(5) == 0)
            {
                var (one, two) = (Value(1), Value(1));
                text.Append(
                    $"{indent}{Key(key)} . k = {Write(one)}{lineEnd}{indent}{Key(key)}.\"l\" = {Write(two)}{lineEnd}"
                );
                table[key] = new TomlTable(new Dictionary<string, TomlValue> { ["k"] = one, ["l"] = two });
                continue;
            }
            var value = Value(2);
            table[key] = value;
            text.Append(
                $"{indent}{Key(key)}{(random.Next(2) == 0 ? " = " : "=")}{Write(value)}{(random.Next(3) == 0 ? " # why" : "")}{lineEnd}"
            );
        }
        Comment();
    }

    private string Key(string key) =>
        random.Next(3) == 0 && !key.Contains('\'', StringComparison.Ordinal) ? $"'{key}'" : TomlText.OfKey(key);

    private string Write(TomlValue value) =>
        value switch
        {
            TomlString s when random.Next(2) == 0 && s.Value.All(c => c is not ('\'' or '\n' or '\u0001')) =>
                $"'{s.Value}'",
            TomlString s when random.Next(4) == 0 && s.Value.All(c => c is not ('\'' or '\u0001')) =>
                $"'''{lineEnd}{s.Value.Replace("\n", lineEnd, StringComparison.Ordinal)}'''",
            TomlString s when random.Next(3) == 0 => MultiLine(s),
            TomlString s when random.Next(3) == 0 => $"\"\"{TomlText.Of(s)}\"\"",
            TomlInteger { Value: >= 0 } i when random.Next(2) == 0 => $"0x{i.Value:x}",
            TomlArray a when random.Next(2) == 0 =>
                $"[ # c{lineEnd}{string.Concat(a.Items.Select(i => $"  {Write(i)} ,# d{lineEnd}"))}]",
            TomlArray a => $"[{string.Join(" , ", a.Items.Select(Write))}]",
            TomlTable t => $"{{{string.Join(",", t.Entries.Select(e => $" {Key(e.Key)} = {Write(e.Value)}"))}}}",
            _ => TomlText.Of(value),
        };

    /// <summary>With real line ends, of which the first is no part of the string.</summary>
    private string MultiLine(TomlString s)
    {
        // A backslash at the end of a line eats all white space behind it, so none of the string's own may follow.
        var eats = s.Value.Length > 0 && !char.IsWhiteSpace(s.Value[0]) && random.Next(2) == 0;
        var start = eats ? $"\\ {lineEnd}  {lineEnd}\t" : lineEnd;
        var lines = TomlText.Of(s)[1..^1].Replace("\\n", lineEnd, StringComparison.Ordinal);
        return $"\"\"\"{start}{lines}\"\"\"";
    }

    private void Comment()
    {
        if (random.Next(4) == 0)
        {
            text.Append(random.Next(2) == 0 ? lineEnd : $"  # comment = [ {lineEnd}");
        }
    }
}
