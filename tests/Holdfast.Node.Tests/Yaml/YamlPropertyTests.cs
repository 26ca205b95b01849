using System.Text;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Tests.Yaml;

/// <summary>Random documents in every style, random edits: what is read is what was meant, and the rest of the text stays.</summary>
public sealed class YamlPropertyTests
{
    private const int Rounds = 1500;
    private const string Characters = "[]{}\"'&*!|>-?:,#\n\r\t\\ %@`~\u0000\ud800é\u2028";

    [Fact]
    public void A_generated_document_means_what_was_generated() =>
        ForEachSeed(random =>
        {
            var (text, value) = new YamlGenerator(random).Document();
            Assert.Equal(value, YamlDocument.Parse(text, "f").Get());
        });

    [Fact]
    public void After_a_set_the_key_has_the_value_and_nothing_else_changed() =>
        ForEachSeed(random =>
        {
            var before = YamlDocument.Parse(new YamlGenerator(random).Document().Text, "f");
            var path = new YamlGenerator(random).Path(before);
            var value = new YamlGenerator(random).Value(2);
            YamlDocument after;
            try
            {
                after = before.Set(path, value);
            }
            catch (NodeException e)
            {
                Assert.True(MayBeRefused(before, path), $"{path} = {YamlText.Of(value)}: {e.Message}");
                return;
            }
            Assert.Equal(value, after.Get(path));
            Assert.Equal(YamlMapping.With(before.Get(), path, value), after.Get());
            AssertOnlyChangedAt(before.Text, after.Text, before.Find(path)?.Span);
            Assert.Same(after, after.Set(path, value));
            Assert.Equal(after.Get(), YamlDocument.Parse(after.ToUtf8(), "f").Get());
        });

    [Fact]
    public void After_a_removal_the_key_is_gone_and_nothing_else_changed() =>
        ForEachSeed(random =>
        {
            var before = YamlDocument.Parse(new YamlGenerator(random).Document().Text, "f");
            var path = new YamlGenerator(random).Path(before);
            YamlDocument after;
            try
            {
                after = before.Remove(path);
            }
            catch (NodeException e)
            {
                Assert.True(MayRemovalBeRefused(before, path), $"{path}: {e.Message}");
                return;
            }
            Assert.Null(after.Get(path));
            if (before.Get(path) is not null)
            {
                Assert.Equal(YamlMapping.Without(before.Get()!, path), after.Get());
                AssertOnlyRemoved(before, after, path);
            }
        });

    [Fact]
    public void A_second_document_is_changed_and_the_first_one_stays() =>
        ForEachSeed(
            random =>
            {
                var first = new YamlGenerator(random).Document().Text;
                var second = new YamlGenerator(random).Document().Text;
                var text = $"{first}{(first.EndsWith('\n') ? "" : "\n")}---\n{second}";
                var both = YamlDocument.Parse(text, "f");
                if (both.Count != 2)
                {
                    return;
                }
                var after = both.InDocument(1).Set(YamlPath.Of("new key"), 5);
                Assert.Equal(both.InDocument(0).Get(), after.InDocument(0).Get());
                Assert.Equal(new YamlInteger(5), after.Get("new key"));
                Assert.StartsWith(first, after.Text, StringComparison.Ordinal);
            },
            rounds: 300
        );

    [Fact]
    public void Mutated_text_is_read_or_refused_but_never_crashes() =>
        ForEachSeed(random =>
        {
            var text = new StringBuilder(new YamlGenerator(random).Document().Text);
            for (var i = random.Next(1, 8); i > 0 && text.Length > 0; i--)
            {
                var at = random.Next(text.Length);
                _ = random.Next(3) switch
                {
                    0 => text.Remove(at, Math.Min(random.Next(1, 10), text.Length - at)),
                    1 => text.Insert(at, Characters[random.Next(Characters.Length)]),
                    _ => text.Insert(at, text.ToString(at, Math.Min(random.Next(20), text.Length - at))),
                };
            }
            try
            {
                var document = YamlDocument.Parse(text.ToString(), "f");
                var path = YamlPath.Of("new", "key");
                var changed = document.Set(path, 1L);
                Assert.Equal(YamlMapping.With(document.Get(), path, 1L), changed.Get());
                var isNew = document.Get("new") is null;
                Assert.Equal(
                    isNew
                        ? document.Get() as YamlMapping ?? YamlMapping.Empty
                        : changed.Remove(YamlPath.Of("new")).Get(),
                    changed.Remove(YamlPath.Of("new")).Get()
                );
            }
            catch (NodeException e)
            {
                Assert.Equal(NodeReason.FileNotUnderstood, e.Reason);
            }
        });

    private static void ForEachSeed(Action<Random> property, int rounds = Rounds)
    {
        for (var seed = 0; seed < rounds; seed++)
        {
            try
            {
                property(new Random(seed));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}\n{new YamlGenerator(new Random(seed)).Document().Text}");
            }
        }
    }

    /// <summary>A block collection is in the way, something on the way is no mapping, or the value is shared.</summary>
    private static bool MayBeRefused(YamlDocument document, YamlPath path) =>
        document.Find(path)
            is YamlMappingNode { IsFlow: false }
                or YamlSequenceNode { IsFlow: false }
                or { Tag: not null }
        || Enumerable
            .Range(0, path.Count)
            .Any(n =>
                document.Find(path.Take(n)) is { } node
                && node
                    is YamlAliasNode
                        or YamlSequenceNode
                        or YamlScalarNode { Value: not YamlNull }
                        or YamlScalarNode { Tag: not null }
            )
        || IsShared(document, path);

    private static bool MayRemovalBeRefused(YamlDocument document, YamlPath path) =>
        document.Find(path.Take(path.Count - 1)) is YamlSequenceNode or YamlAliasNode
        || Enumerable.Range(0, path.Count).Any(n => document.Find(path.Take(n)) is YamlAliasNode)
        || IsShared(document, path);

    private static bool IsShared(YamlDocument document, YamlPath path) =>
        Enumerable.Range(0, path.Count + 1).Any(n => document.Find(path.Take(n)) is { Anchor: not null })
        || HasAnchor(document.Find(path));

    private static bool HasAnchor(YamlNode? node) =>
        node is { Anchor: not null }
        || (node is YamlMappingNode m && m.Entries.Any(e => HasAnchor(e.Value)))
        || (node is YamlSequenceNode s && s.Items.Any(HasAnchor));

    private static void AssertOnlyChangedAt(string before, string after, YamlSpan? replaced)
    {
        var (prefix, suffix) = Common(before, after);
        var allowed = replaced is { } span ? span.End - span.Start : 4;
        Assert.True(
            before.Length - prefix - suffix <= allowed,
            $"more than the value changed:\n{before}\n---\n{after}"
        );
    }

    /// <summary>Every comment outside of what was removed is still there.</summary>
    private static void AssertOnlyRemoved(YamlDocument before, YamlDocument after, YamlPath path)
    {
        var (prefix, suffix) = Common(before.Text, after.Text);
        var node = before.Find(path)!;
        Assert.True(prefix <= node.Span.Start || node.Span.Start == node.Span.End);
        Assert.True(
            before.Text.Length - suffix >= node.Span.End - 1,
            $"less than the entry went:\n{before.Text}\n---\n{after.Text}"
        );
    }

    private static (int Prefix, int Suffix) Common(string before, string after)
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
        return (prefix, suffix);
    }
}
