using System.Text;
using CsCheck;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Toml;

/// <summary>Random documents, random edits: what is read is what was meant, and the rest of the text stays.</summary>
public sealed class TomlPropertyTests
{
    private const long Rounds = 2000;

    private static readonly string[] NewNames = ["a", "b", "new", "x.y", "é", "t", "u", "list"];

    private static readonly Gen<(TomlDocument Document, TomlPath Path)> DocumentWithPath = Gen.Select(
        TomlTexts.Document,
        Gen.Int[0, 1000],
        Gen.OneOf(NewNames).Array[0, 2],
        (text, index, more) =>
        {
            var document = TomlDocument.Parse(text, "f");
            var paths = Paths(document.ToTable(), TomlPath.Root).ToList();
            return (document, (paths.Count == 0 ? TomlPath.Of("a") : paths[index % paths.Count]).Then(more));
        }
    );

    private static readonly Gen<TomlValue> Value = TomlTexts.Value.Select(text =>
        TomlDocument.Parse($"a = {text}", "f").Get("a")!
    );

    [Fact]
    public void After_a_set_the_key_has_the_value_and_nothing_else_changed() =>
        Gen.Select(DocumentWithPath, Value)
            .Sample(
                (place, value) =>
                {
                    var (before, path) = place;
                    var written = before.FindWritten(path);
                    if (!value.Equals(before.Get(path)) && IsRefused(before, path))
                    {
                        Assert.Throws<NodeException>(() => before.Set(path, value));
                        return;
                    }

                    var after = before.Set(path, value);

                    Assert.Equal(value, after.Get(path));
                    Assert.Equal(
                        before.ToTable().With(path, value).WithoutEmptyTables(),
                        after.ToTable().WithoutEmptyTables()
                    );
                    Assert.Same(after, after.Set(path, value));
                    Assert.Equal(after.ToTable(), TomlDocument.Parse(after.ToUtf8(), "f").ToTable());
                    var replaced =
                        written is { Left.Count: 0 } whole ? TomlSpan.Of(whole.Value)
                        : before.Get(path.Parent) is TomlTable { Entries.Count: 0 } && written is { } braces
                            ? TomlSpan.Of(braces.Value)
                        : default;
                    AssertOnlyChangedWithin(replaced, before.Body, after.Body);
                },
                iter: Rounds
            );

    [Fact]
    public void After_a_removal_the_key_is_gone_and_nothing_else_changed() =>
        DocumentWithPath.Sample(
            place =>
            {
                var (before, path) = place;

                var after = before.Remove(path);

                if (before.FindWritten(path) is not { Left.Count: 0 })
                {
                    Assert.Same(before, after);
                    return;
                }
                Assert.Null(after.Get(path));
                Assert.Equal(before.ToTable().Without(path).WithoutEmptyTables(), after.ToTable().WithoutEmptyTables());
                Assert.Same(after, after.Remove(path));
                AssertOnlyTaken(before.Text, after.Text);
            },
            iter: Rounds
        );

    [Fact]
    public void An_item_is_added_once_and_taken_out_again_and_nothing_else_changed() =>
        DocumentWithPath.Sample(
            place =>
            {
                var (before, path) = place;
                if (before.FindWritten(path) is not { Value: Tomlyn.Syntax.ArraySyntax, Left.Count: 0 })
                {
                    return;
                }
                var items = ((TomlArray)before.Get(path)!).Items;

                var added = before.AddItem(path, "added");
                var taken = added.RemoveItem(path, "added");
                var less = before.RemoveItem(path, "cri");

                Assert.Equal(new TomlArray([.. items, "added"]), added.Get(path));
                Assert.Same(added, added.AddItem(path, "added"));
                Assert.Equal(before.ToTable(), taken.ToTable());
                Assert.Equal(new TomlArray([.. items.Where(item => !item.Equals((TomlValue)"cri"))]), less.Get(path));
                AssertOnlyTaken(added.Text, before.Text);
                AssertOnlyTaken(added.Text, taken.Text);
                AssertOnlyTaken(before.Text, less.Text);
            },
            iter: Rounds
        );

    [Fact]
    public void Mutated_text_is_read_or_refused_but_never_crashes() =>
        Gen.Select(
                TomlTexts.Document,
                Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, 2], Gen.Char["[]{}\"'=.,#\n\r\t\\_-+0e:Zé\u0000"]).Array[1, 8]
            )
            .Sample(
                (text, mutations) =>
                {
                    foreach (var (at, kind, c) in mutations)
                    {
                        var start = at % (text.Length + 1);
                        var length = Math.Min(kind == 0 ? 1 + (at % 9) : 0, text.Length - start);
                        text = text.Remove(start, length).Insert(start, kind == 1 ? $"{c}" : "");
                    }
                    try
                    {
                        _ = TomlDocument.Parse(Encoding.UTF8.GetBytes(text), "f").Set(TomlPath.Of("new", "key"), 1L);
                    }
                    catch (NodeException e)
                    {
                        Assert.Equal(NodeReason.FileNotUnderstood, e.Reason);
                    }
                },
                iter: Rounds
            );

    /// <summary>A table is there, or a value that is no table is on the way.</summary>
    private static bool IsRefused(TomlDocument document, TomlPath path) =>
        (
            document.Get(path) is { } there
            && document.FindWritten(path) is not { Left.Count: 0 }
            && there is TomlTable or TomlArray
        ) || Enumerable.Range(1, path.Count - 1).Any(n => document.Get(path.Take(n)) is not (null or TomlTable));

    private static IEnumerable<TomlPath> Paths(TomlTable table, TomlPath path) =>
        table.Entries.SelectMany(entry =>
            entry.Value is TomlTable inner
                ? Paths(inner, path.Then(entry.Key)).Prepend(path.Then(entry.Key))
                : [path.Then(entry.Key)]
        );

    /// <summary>What is left is the old text with parts missing, in the old order.</summary>
    private static void AssertOnlyTaken(string before, string after)
    {
        var at = 0;
        foreach (var c in after)
        {
            at = before.IndexOf(c, at) + 1;
            Assert.True(at > 0, $"something was written:\n{before}\n---\n{after}");
        }
    }

    /// <summary>All before and behind a span is as it was; without a span something was only added.</summary>
    private static void AssertOnlyChangedWithin(TomlSpan span, string before, string after)
    {
        var prefix = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        var suffix = before.Reverse().Zip(after.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(
            before.Length - prefix - suffix <= span.End - span.Start && (span == default || prefix >= span.Start),
            $"more than the value changed:\n{before}\n---\n{after}"
        );
    }
}
