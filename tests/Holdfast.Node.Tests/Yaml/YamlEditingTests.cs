using Holdfast.Node.Yaml;

namespace Holdfast.Node.Tests.Yaml;

public sealed class YamlEditingTests
{
    private static string Set(string text, YamlValue value, params string[] path) =>
        YamlDocument.Parse(text, "f").Set(YamlPath.Of(path), value).Text;

    private static string Remove(string text, params string[] path) =>
        YamlDocument.Parse(text, "f").Remove(YamlPath.Of(path)).Text;

    private static string Refused(Action edit)
    {
        var refusal = Assert.Throws<NodeException>(edit);
        Assert.Equal(NodeReason.FileNotUnderstood, refusal.Reason);
        return refusal.Message;
    }

    [Theory]
    [InlineData("a: 1 # why\n", "a: 2 # why\n")]
    [InlineData("a:   'x'\r\nb: 1\r\n", "a:   2\r\nb: 1\r\n")]
    [InlineData("a:\n", "a: 2\n")]
    [InlineData("a: # later\nb: 1", "a: 2 # later\nb: 1")]
    [InlineData("{a: 1}", "{a: 2}")]
    [InlineData("{\"a\":1}", "{\"a\":2}")]
    [InlineData("{ a, b: 1 }", "{ a: 2, b: 1 }")]
    [InlineData("a: |\n  x\n  y\n# end\n", "a: 2\n# end\n")]
    [InlineData("a: x\n  y\n  z\nb: 1\n", "a: 2\nb: 1\n")]
    [InlineData("a: {b: 1}\n", "a: 2\n")]
    [InlineData("\uFEFFa: 1\n", "\uFEFFa: 2\n")]
    [InlineData("# head\n---\na: 1\n...\n", "# head\n---\na: 2\n...\n")]
    public void A_value_is_replaced_in_place(string before, string after)
    {
        if (before.StartsWith("{ a,", StringComparison.Ordinal))
        {
            // A key without a colon has no place for a value.
            Refused(() => Set(before, 2, "a"));
            return;
        }
        Assert.Equal(after, Set(before, 2, "a"));
    }

    [Theory]
    [InlineData("a: 1\n", "a: 1\nb: 2\n")]
    [InlineData("a: 1", "a: 1\nb: 2\n")]
    [InlineData("a: 1 # one\n\n# end\n", "a: 1 # one\nb: 2\n\n# end\n")]
    [InlineData("a:\n  - 1\n  - 2\n", "a:\n  - 1\n  - 2\nb: 2\n")]
    [InlineData("a: |\n  x\n\n", "a: |\n  x\nb: 2\n\n")]
    [InlineData("a: |+\n  x\n\n", "a: |+\n  x\n\nb: 2\n")]
    [InlineData("{a: 1}\n", "{a: 1, b: 2}\n")]
    [InlineData("{}", "{b: 2}")]
    [InlineData("", "b: 2\n")]
    [InlineData("# only words\n", "# only words\nb: 2\n")]
    [InlineData("a: 1\r\n", "a: 1\r\nb: 2\r\n")]
    public void A_new_key_comes_behind_the_last_one(string before, string after) =>
        Assert.Equal(after, Set(before, 2, "b"));

    [Fact]
    public void A_new_key_is_as_deep_as_its_siblings_and_mappings_on_the_way_are_made()
    {
        const string text = "modules:\n    edged:\n        enable: true\n    hub: {}\n";
        Assert.Equal(
            "modules:\n    edged:\n        enable: true\n        tailored:\n          driver: systemd\n    hub: {}\n",
            Set(text, "systemd", "modules", "edged", "tailored", "driver")
        );
        Assert.Equal(
            "modules:\n    edged:\n        enable: true\n    hub: {a: {b: 1}}\n",
            Set(text, 1, "modules", "hub", "a", "b")
        );
    }

    [Fact]
    public void A_key_with_nothing_behind_it_becomes_a_mapping()
    {
        Assert.Equal("a: # c\n  b: 1\nd: 1\n", Set("a: # c\nd: 1\n", 1, "a", "b"));
        Assert.Equal("a: {b: 1}\nd: 1\n", Set("a: null\nd: 1\n", 1, "a", "b"));
    }

    [Fact]
    public void A_string_keeps_its_quotes_and_a_word_that_would_be_misread_gets_some()
    {
        Assert.Equal("a: \"unix:///x\"\n", Set("a: \"y\"\n", "unix:///x", "a"));
        Assert.Equal("a: 'it''s'\n", Set("a: 'y'\n", "it's", "a"));
        Assert.Equal("a: unix:///x\n", Set("a: y\n", "unix:///x", "a"));
        Assert.Equal("a: \"yes\"\n", Set("a: y\n", "yes", "a"));
        Assert.Equal("a: \"12\"\n", Set("a: y\n", "12", "a"));
        Assert.Equal("a: 2m0s\n", Set("a: y\n", "2m0s", "a"));
        Assert.Equal("a: \"a: b\"\n", Set("a: y\n", "a: b", "a"));
    }

    [Fact]
    public void What_means_the_same_already_is_not_touched() =>
        Assert.Equal(
            "a: 0x10\nb: 'x'\nc: True\n",
            YamlDocument
                .Parse("a: 0x10\nb: 'x'\nc: True\n", "f")
                .Set(YamlPath.Of("a"), 16)
                .Set(YamlPath.Of("b"), "x")
                .Set(YamlPath.Of("c"), true)
                .Text
        );

    [Fact]
    public void Items_of_lists_are_named_by_their_number() =>
        Assert.Equal("a:\n- x: 1\n- x: 3 # two\n", Set("a:\n- x: 1\n- x: 2 # two\n", 3, "a", "1", "x"));

    [Theory]
    [InlineData("a: 1\nb: 2 # two\nc: 3\n", "a: 1\nc: 3\n")]
    [InlineData("b:\n  x: 1\n  # in\n\n# c\nc: 3", "  # in\n\n# c\nc: 3")]
    [InlineData("{a: 1, b: 2, c: 3}", "{a: 1, c: 3}")]
    [InlineData("{a: 1, b: 2}", "{a: 1}")]
    [InlineData("{a: 1, b: 2,}", "{a: 1,}")]
    [InlineData("b: 2 # two\n", "{} # two\n")]
    [InlineData("a: 1\nb: 2", "a: 1\n")]
    [InlineData("a: 1\nb:\n- 1\n- 2\n", "a: 1\n")]
    public void A_key_is_taken_out(string before, string after) => Assert.Equal(after, Remove(before, "b"));

    [Fact]
    public void The_last_key_of_a_mapping_leaves_an_empty_one() =>
        Assert.Equal("a:\n  {}\nc: 1\n", Remove("a:\n  b: 1\nc: 1\n", "a", "b"));

    [Fact]
    public void A_value_that_is_used_at_two_places_is_not_changed_at_one()
    {
        const string text = "base: &base\n  cpu: 1\none: *base\ntwo:\n  <<: *base\n  mem: 1\n";
        Assert.Equal(
            "cannot set base.cpu in f: line 2, column 3: the value is used elsewhere too, as *base; write it out there first",
            Refused(() => Set(text, 2, "base", "cpu"))
        );
        Assert.StartsWith(
            "cannot set one.cpu in f: line 3, column 6: it is an alias",
            Refused(() => Set(text, 2, "one", "cpu")),
            StringComparison.Ordinal
        );
        Assert.Contains("as *base", Refused(() => Remove(text, "base")), StringComparison.Ordinal);

        // The alias itself belongs to its own place only.
        Assert.Equal(text.Replace("one: *base", "one: 5", StringComparison.Ordinal), Set(text, 5, "one"));
        Assert.Equal(text + "  x: 1\n", Set(text, 1, "two", "x"));
    }

    [Fact]
    public void What_is_in_the_way_is_said_with_its_place()
    {
        Assert.Equal(
            "cannot set a.b in f: line 2, column 4: a is not a mapping (key: value)",
            Refused(() => Set("x: 1\na: 5\n", 1, "a", "b"))
        );
        Assert.Contains(
            "a mapping or list is there",
            Refused(() => Set("a:\n  b: 1\n", 1, "a")),
            StringComparison.Ordinal
        );
        Assert.Contains("has a tag", Refused(() => Set("a: !!str 5\n", 1, "a")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\na: 2\n", "line 2, column 1: the key \"a\" is there twice")]
    [InlineData("a: [1\nb: 2\n", "line 1")]
    [InlineData("a: b: c\n", "line 1, column 5")]
    [InlineData("a:\n\tb: 1\n", "line 1")]
    [InlineData("a: *x\n", "line 1, column 4: no anchor &x before this alias")]
    [InlineData("a: \u0007\n", "line 1, column 4: control character U+0007")]
    [InlineData("? [a]\n: 1\n", "a key that is no simple word")]
    public void What_is_not_understood_is_refused_with_its_place(string text, string place)
    {
        var message = Refused(() => YamlDocument.Parse(text, "edgecore.yaml"));
        Assert.StartsWith("cannot read edgecore.yaml as YAML: ", message, StringComparison.Ordinal);
        Assert.Contains(place, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_with_their_line() =>
        Assert.Contains(
            "line 2: it is not UTF-8",
            Refused(() =>
                YamlDocument.Parse("a: 1\nb: \xff"u8.ToArray().Select(b => b == 0xc3 ? (byte)0xff : b).ToArray(), "f")
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void An_alias_bomb_is_refused_before_it_explodes()
    {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (var i = 1; i < 12; i++)
        {
            text += $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n";
        }
        Assert.Contains(
            "aliases counted each time",
            Refused(() => YamlDocument.Parse(text, "f")),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "levels deep",
            Refused(() => YamlDocument.Parse(new string('[', 200), "f")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Another_document_of_the_file_can_be_chosen()
    {
        var file = YamlDocument.Parse("kind: A\n---\nkind: B\n# b\n---\nkind: C\n", "f");
        Assert.Equal(3, file.Count);
        Assert.Equal("A", file.GetString("kind"));
        Assert.Equal(
            "kind: A\n---\nkind: B\nx: 1\n# b\n---\nkind: C\n",
            file.InDocument(1).Set(YamlPath.Of("x"), 1).Text
        );
    }
}
