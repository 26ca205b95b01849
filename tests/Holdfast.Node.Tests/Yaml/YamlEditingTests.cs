using System.Text.Json.Nodes;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Tests.Yaml;

public sealed class YamlEditingTests
{
    private static string Set(string text, JsonNode value, params string[] path) =>
        YamlDocument.Parse(text, "f").Set(path, value).Text;

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
    [InlineData("a: x\n  y\n  z\nb: 1\n", "a: 2\nb: 1\n")]
    [InlineData("\uFEFFa: 1\n", "\uFEFFa: 2\n")]
    [InlineData("# head\n---\na: 1\n...\n", "# head\n---\na: 2\n...\n")]
    public void A_value_is_replaced_in_place(string before, string after) => Assert.Equal(after, Set(before, 2, "a"));

    [Theory]
    [InlineData("a: 1\n", "a: 1\nb: 2\n")]
    [InlineData("a: 1", "a: 1\nb: 2\n")]
    [InlineData("a: 1 # one\n\n# end\n", "a: 1 # one\nb: 2\n\n# end\n")]
    [InlineData("a:\n  - 1\n  - 2\n", "a:\n  - 1\n  - 2\nb: 2\n")]
    [InlineData("a: |\n  x\n", "a: |\n  x\nb: 2\n")]
    [InlineData("a: |+\n  x\n\n", "a: |+\n  x\n\nb: 2\n")]
    [InlineData("{a: 1}\n", "{a: 1, b: 2}\n")]
    [InlineData("{a: 1,}\n", "{a: 1, b: 2,}\n")]
    [InlineData("{}", "{\"b\": 2}")]
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
        Assert.Equal("a: 'it''s'\n", Set("a: 'x'\n", "it's", "a"));
        Assert.Equal("a: unix:///x\n", Set("a: x\n", "unix:///x", "a"));
        Assert.Equal("a: \"yes\"\n", Set("a: x\n", "yes", "a"));
        Assert.Equal("a: \"12\"\n", Set("a: x\n", "12", "a"));
        Assert.Equal("a: 2m0s\n", Set("a: x\n", "2m0s", "a"));
        Assert.Equal("a: \"a: b\"\n", Set("a: x\n", "a: b", "a"));
    }

    [Fact]
    public void In_json_keys_and_values_are_in_quotes()
    {
        Assert.Equal("{\"a\":\"y\", \"b\": {\"c\": \"x\"}}\n", Set("{\"a\":\"y\"}\n", "x", "b", "c"));
        Assert.Equal("{\n  \"a\": \"x\"\n}\n", Set("{\n  \"a\": \"y\"\n}\n", "x", "a"));
        Assert.Equal("{\n  \"a\": {},\n  \"b\": \"x\"\n}\n", Set("{\n  \"a\": {}\n}\n", "x", "b"));
        Assert.Equal("{\"a\": {\"b\": \"x\"}}", Set("{\"a\": null}", "x", "a", "b"));
    }

    [Fact]
    public void What_means_the_same_already_is_not_touched() =>
        Assert.Equal(
            "a: 0x10\nb: 'x'\nc: True\n",
            YamlDocument.Parse("a: 0x10\nb: 'x'\nc: True\n", "f").Set(["a"], 16).Set(["b"], "x").Set(["c"], true).Text
        );

    [Fact]
    public void A_list_is_written_as_json_where_nothing_is() =>
        Assert.Equal("a: 1\nb: [\"x\",\"y\"]\n", Set("a: 1\n", new JsonArray("x", "y"), "b"));

    [Fact]
    public void Only_the_first_document_is_changed() =>
        Assert.Equal("kind: A\nx: 1\n---\nkind: B\n", Set("kind: A\n---\nkind: B\n", 1, "x"));

    [Theory]
    [InlineData("base: &base\n  cpu: 1\none: *base\n", "base.cpu", "base", "cpu")]
    [InlineData("base: &base\n  cpu: 1\none: *base\n", "one.cpu", "one", "cpu")]
    [InlineData("a: &x 1\nb: *x\n", "b", "b")]
    [InlineData("a: !!str 5\n", "a", "a")]
    [InlineData("a: 5\n", "a.b", "a", "b")]
    [InlineData("a:\n  b: 1\n", "a", "a")]
    [InlineData("a: |\n  x\n", "a", "a")]
    [InlineData("{ a, b: 1 }", "a", "a")]
    [InlineData("[1]", "a", "a")]
    public void What_cannot_be_changed_alone_is_refused(string text, string shown, params string[] path)
    {
        var message = Refused(() => Set(text, 2, path));
        Assert.StartsWith($"cannot set {shown} in f: line ", message, StringComparison.Ordinal);
        Assert.EndsWith("set it to 2 by hand", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_beside_a_merge_can_be_set() =>
        Assert.Equal(
            "base: &base {cpu: 1}\ntwo:\n  <<: *base\n  cpu: 2\n",
            Set("base: &base {cpu: 1}\ntwo:\n  <<: *base\n", 2, "two", "cpu")
        );

    [Theory]
    [InlineData("a: 1\na: 2\n", "line 2, column 1: the key \"a\" is there twice")]
    [InlineData("a: b: c\n", "line 1, column 5")]
    [InlineData("a:\n\tb: 1\n", "line 2, column 1: a tab indents this line")]
    [InlineData("a: *x\n", "line 1, column 4: no anchor &x is before this alias")]
    [InlineData("a: .inf\n", "line 1, column 4: .inf cannot be said in JSON")]
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
            Refused(() => YamlDocument.Parse([.. "a: 1\nb: "u8, 0xff], "f")),
            StringComparison.Ordinal
        );
}
