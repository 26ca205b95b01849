using System.Text;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Toml;

/// <summary>Random documents in every style, random edits: what is read is what was meant, and the rest of the text stays.</summary>
public sealed class TomlPropertyTests
{
    private const int Rounds = 1500;

    /// <summary>For properties of several edits, each of which parses the document again.</summary>
    private const int FewRounds = 250;
    private static readonly string[] Keys = ["a", "b", "c-1", "x.y", "io.containerd.grpc.v1.cri", "", "é", "q\"t", "1"];

    [Fact]
    public void A_generated_document_means_what_was_generated() =>
        ForEachSeed(random =>
        {
            var (text, table) = new Generator(random).Document();
            Assert.Equal(Plain(table), Plain(TomlDocument.Parse(text, "f").ToTable()));
            return text;
        });

    [Fact]
    public void After_a_set_the_key_has_the_value_and_nothing_else_changed() =>
        ForEachSeed(random =>
        {
            var before = TomlDocument.Parse(new Generator(random).Document().Text, "f");
            var path = new Generator(random).Path(before);
            var value = new Generator(random).Value(2);
            TomlDocument after;
            try
            {
                after = before.Set(path, value);
            }
            catch (NodeException)
            {
                var node = before.Find(path);
                Assert.True(
                    node is TomlTableNode { Kind: not TomlTableKind.Inline } or TomlTableArrayNode
                        || AnyPrefixIsNoTable(before, path)
                );
                return before.Text;
            }
            Assert.Equal(value, after.Get(path));
            Assert.Equal(Plain(With(before.ToTable(), path, value)), Plain(after.ToTable()));
            AssertOnlyChangedAt(before.Text, after.Text, before.Find(path)?.Span);
            Assert.Same(after, after.Set(path, value));
            return before.Text;
        });

    [Fact]
    public void After_a_removal_the_key_is_gone_and_nothing_else_changed() =>
        ForEachSeed(random =>
        {
            var before = TomlDocument.Parse(new Generator(random).Document().Text, "f");
            var path = new Generator(random).Path(before);
            var after = before.Remove(path);
            Assert.Null(after.Get(path));
            Assert.Equal(Plain(Without(before.ToTable(), path)), Plain(after.ToTable()));
            return before.Text;
        });

    [Fact]
    public void A_removal_only_takes_away() =>
        ForEachSeed(
            random =>
            {
                var before = TomlDocument.Parse(new Generator(random).Document().Text, "f");
                var after = before.Remove(new Generator(random).Path(before));
                AssertOnlyTaken(before.Text, after.Text);
                return before.Text;
            },
            FewRounds
        );

    [Fact]
    public void An_item_is_added_once_and_taken_out_again_and_nothing_else_changed() =>
        ForEachSeed(
            random =>
            {
                var before = TomlDocument.Parse(new Generator(random).Document().Text, "f");
                foreach (var path in Arrays(before.RootNode, TomlPath.Root).Take(1))
                {
                    var item = new TomlString($"new {random.Next()}");
                    var items = ((TomlArray)before.Get(path)!).Items;

                    var added = before.AddItem(path, item);
                    Assert.Equal(
                        Plain(With(before.ToTable(), path, new TomlArray([.. items, item]))),
                        Plain(added.ToTable())
                    );
                    AssertOnlyTaken(added.Text, before.Text);
                    Assert.Same(added, added.AddItem(path, item));

                    var taken = added.RemoveItem(path, item);
                    Assert.Equal(Plain(before.ToTable()), Plain(taken.ToTable()));
                    AssertOnlyTaken(added.Text, taken.Text);
                }
                return before.Text;
            },
            FewRounds
        );

    [Fact]
    public void Several_edits_one_after_the_other_mean_what_they_mean_alone() =>
        ForEachSeed(
            random =>
            {
                var document = TomlDocument.Parse(new Generator(random).Document().Text, "f");
                var table = document.ToTable();
                for (var i = 0; i < 5; i++)
                {
                    var path = new Generator(random).Path(document);
                    var value = new Generator(random).Value(1);
                    try
                    {
                        document = random.Next(3) == 0 ? document.Remove(path) : document.Set(path, value);
                    }
                    catch (NodeException)
                    {
                        continue;
                    }
                    table = document.Get(path) is null ? Without(table, path) : With(table, path, value);
                    Assert.Equal(Plain(table), Plain(document.ToTable()));
                    Assert.Equal(Plain(table), Plain(TomlDocument.Parse(document.ToUtf8(), "f").ToTable()));
                }
                return document.Text;
            },
            FewRounds
        );

    [Fact]
    public void Mutated_text_is_read_or_refused_but_never_crashes() =>
        ForEachSeed(random =>
        {
            var text = new StringBuilder(new Generator(random).Document().Text);
            for (var i = random.Next(1, 8); i > 0 && text.Length > 0; i--)
            {
                var at = random.Next(text.Length);
                _ = random.Next(3) switch
                {
                    0 => text.Remove(at, Math.Min(random.Next(1, 10), text.Length - at)),
                    1 => text.Insert(at, "[]{}\"'=.,#\n\r\t\\_-+0e:Z\u0000\ud800é"[random.Next(24)]),
                    _ => text.Insert(at, text.ToString(at, Math.Min(random.Next(20), text.Length - at))),
                };
            }
            try
            {
                var document = TomlDocument.Parse(text.ToString(), "f");
                _ = document.Set(TomlPath.Of("new", "key"), 1L);
            }
            catch (NodeException e)
            {
                Assert.Equal(NodeReason.FileNotUnderstood, e.Reason);
            }
            return text.ToString();
        });

    private static void ForEachSeed(Func<Random, string> property, int rounds = Rounds)
    {
        for (var seed = 0; seed < rounds; seed++)
        {
            try
            {
                property(new Random(seed));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}\n{new Generator(new Random(seed)).Document().Text}");
            }
        }
    }

    /// <summary>Arrays in brackets that paths lead to.</summary>
    private static IEnumerable<TomlPath> Arrays(TomlTableNode table, TomlPath path) =>
        table.Children.SelectMany(child =>
            child.Value switch
            {
                TomlArrayNode => [path.Then(child.Key)],
                TomlTableNode inner => Arrays(inner, path.Then(child.Key)),
                _ => Enumerable.Empty<TomlPath>(),
            }
        );

    /// <summary>What is left is the old text with parts missing, in the old order.</summary>
    private static void AssertOnlyTaken(string before, string after)
    {
        var at = 0;
        foreach (var c in after)
        {
            at = before.IndexOf(c, at) + 1;
            if (at == 0)
            {
                Assert.Fail($"something was written:\n{before}\n---\n{after}");
            }
        }
    }

    private static bool AnyPrefixIsNoTable(TomlDocument document, TomlPath path) =>
        Enumerable
            .Range(1, path.Count - 1)
            .Any(n => document.Find(new TomlPath([.. path.Segments.Take(n)])) is not (null or TomlTableNode));

    private static void AssertOnlyChangedAt(string before, string after, TomlSpan? replaced)
    {
        var prefix = 0;
        while (prefix < before.Length && prefix < after.Length && before[prefix] == after[prefix])
        {
            prefix++;
        }
        var suffix = 0;
        while (
            suffix < before.Length - prefix
            && suffix < after.Length - prefix
            && before[^(suffix + 1)] == after[^(suffix + 1)]
        )
        {
            suffix++;
        }
        var allowed = replaced is { } span ? span.End - span.Start : 0;
        Assert.True(
            before.Length - prefix - suffix <= allowed,
            $"more than the value changed:\n{before}\n---\n{after}"
        );
    }

    /// <summary>Without empty tables: whether a table without keys exists is a matter of how it was written.</summary>
    private static TomlValue Plain(TomlValue value) =>
        value is TomlTable table
            ? new TomlTable(
                table
                    .Entries.Select(e => (e.Key, Value: Plain(e.Value)))
                    .Where(e => e.Value is not TomlTable { Entries.Count: 0 })
                    .ToDictionary(e => e.Key, e => e.Value)
            )
            : value;

    private static TomlTable With(TomlTable table, TomlPath path, TomlValue value)
    {
        var entries = new Dictionary<string, TomlValue>(table.Entries);
        entries[path[0]] =
            path.Count == 1
                ? value
                : With(entries.GetValueOrDefault(path[0]) as TomlTable ?? TomlTable.Empty, path.Skip(1), value);
        return new TomlTable(entries);
    }

    private static TomlTable Without(TomlTable table, TomlPath path)
    {
        var entries = new Dictionary<string, TomlValue>(table.Entries);
        if (path.Count == 1)
        {
            entries.Remove(path[0]);
        }
        else if (entries.GetValueOrDefault(path[0]) is TomlTable child)
        {
            entries[path[0]] = Without(child, path.Skip(1));
        }
        return new TomlTable(entries);
    }

    /// <summary>Writes a random table in random style and says what it means.</summary>
    private sealed class Generator(Random random)
    {
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
}
