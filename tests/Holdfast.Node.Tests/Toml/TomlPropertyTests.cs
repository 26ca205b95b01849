using System.Text;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Toml;

/// <summary>Random documents in every style, random edits: what is read is what was meant, and the rest of the text stays.</summary>
public sealed class TomlPropertyTests
{
    private const int Rounds = 1500;

    /// <summary>For properties of several edits, each of which parses the document again.</summary>
    private const int FewRounds = 250;

    [Fact]
    public void A_generated_document_means_what_was_generated() =>
        ForEachSeed(random =>
        {
            var (text, table) = new TomlGenerator(random).Document();
            Assert.Equal(Plain(table), Plain(TomlDocument.Parse(text, "f").ToTable()));
            return text;
        });

    [Fact]
    public void After_a_set_the_key_has_the_value_and_nothing_else_changed() =>
        ForEachSeed(random =>
        {
            var before = TomlDocument.Parse(new TomlGenerator(random).Document().Text, "f");
            var path = new TomlGenerator(random).Path(before);
            var value = new TomlGenerator(random).Value(2);
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
            var before = TomlDocument.Parse(new TomlGenerator(random).Document().Text, "f");
            var path = new TomlGenerator(random).Path(before);
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
                var before = TomlDocument.Parse(new TomlGenerator(random).Document().Text, "f");
                var after = before.Remove(new TomlGenerator(random).Path(before));
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
                var before = TomlDocument.Parse(new TomlGenerator(random).Document().Text, "f");
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
                var document = TomlDocument.Parse(new TomlGenerator(random).Document().Text, "f");
                var table = document.ToTable();
                for (var i = 0; i < 5; i++)
                {
                    var path = new TomlGenerator(random).Path(document);
                    var value = new TomlGenerator(random).Value(1);
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
            var text = new StringBuilder(new TomlGenerator(random).Document().Text);
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
                Assert.Fail($"seed {seed}: {e}\n{new TomlGenerator(new Random(seed)).Document().Text}");
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
}
