using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Toml;

public sealed class TomlEditingTests
{
    private static TomlDocument Parse(string text) => TomlDocument.Parse(text, "config.toml");

    private static void SetGives(string before, string[] path, TomlValue value, string after) =>
        Assert.Equal(after, Parse(before).Set(TomlPath.Of(path), value).Text);

    [Fact]
    public void Only_the_value_changes_where_the_key_is() =>
        SetGives("# c\n  a  =  'x'   # why\nb=1", ["a"], "y", "# c\n  a  =  \"y\"   # why\nb=1");

    [Fact]
    public void What_means_the_same_already_is_left_as_written() =>
        SetGives("a = 'x'\nb = 0x10\nc = [ 'p', ]\n", ["b"], 16L, "a = 'x'\nb = 0x10\nc = [ 'p', ]\n");

    [Fact]
    public void A_new_key_stands_below_its_siblings_and_like_them() =>
        SetGives(
            "[a]\n  x = 1 # c\n\n  # about b\n[b]\n",
            ["a", "y"],
            true,
            "[a]\n  x = 1 # c\n  y = true\n\n  # about b\n[b]\n"
        );

    [Fact]
    public void A_new_table_stands_behind_its_relatives_with_their_indent() =>
        SetGives(
            "version = 2\n\n[plugins]\n  [plugins.\"x.y\"]\n    k = 1\n    # k2 = 3\n\n  # about z\n  [plugins.z]\n    k = 1\n[last]\n",
            ["plugins", "x.y", "sub", "deep", "key"],
            "v",
            "version = 2\n\n[plugins]\n  [plugins.\"x.y\"]\n    k = 1\n    # k2 = 3\n\n    [plugins.\"x.y\".sub.deep]\n      key = \"v\"\n\n  # about z\n  [plugins.z]\n    k = 1\n[last]\n"
        );

    [Fact]
    public void A_key_of_the_document_goes_to_the_top_below_the_files_own_comment() =>
        SetGives(
            "# licence\n\n# about a\n[a]\nx = 1\n",
            ["version"],
            2L,
            "# licence\n\nversion = 2\n\n# about a\n[a]\nx = 1\n"
        );

    [Fact]
    public void An_empty_file_gets_its_first_table() => SetGives("", ["a", "b"], 1L, "[a]\nb = 1\n");

    [Fact]
    public void A_file_without_a_last_line_end_gets_one() =>
        SetGives("[a]\nx = 1", ["a", "y"], 2L, "[a]\nx = 1\ny = 2\n");

    [Fact]
    public void Windows_line_ends_are_kept() =>
        SetGives("[a]\r\nx = 1\r\n", ["b", "y"], 2L, "[a]\r\nx = 1\r\n\r\n[b]\r\ny = 2\r\n");

    [Fact]
    public void A_dotted_table_grows_by_dots() =>
        SetGives("[a]\nb.c.d = 1\nx = 1\n[z]\n", ["a", "b", "c", "e"], 2L, "[a]\nb.c.d = 1\nx = 1\nb.c.e = 2\n[z]\n");

    [Fact]
    public void A_table_in_braces_grows_within_them() =>
        SetGives("a = { b.c = 1 } # c\n", ["a", "b", "d", "e"], 2L, "a = { b.c = 1, b.d.e = 2 } # c\n");

    [Fact]
    public void Empty_braces_are_filled() => SetGives("a = {}\n", ["a", "b"], 2L, "a = { b = 2 }\n");

    [Fact]
    public void A_table_that_was_only_named_gets_its_header() =>
        SetGives("[a.b]\nx = 1\n\n[c]\n", ["a", "y"], 2L, "[a.b]\nx = 1\n\n[a]\ny = 2\n\n[c]\n");

    [Fact]
    public void A_value_does_not_replace_a_table()
    {
        Assert.Throws<NodeException>(() => Parse("[a]\n").Set(TomlPath.Of("a"), 1L));
        Assert.Throws<NodeException>(() => Parse("[a.b]\n").Set(TomlPath.Of("a"), 1L));
        Assert.Throws<NodeException>(() => Parse("a = 1\n").Set(TomlPath.Of("a", "b"), 1L));
        Assert.Throws<NodeException>(() => Parse("[[a]]\n").Set(TomlPath.Of("a", "b"), 1L));
        Assert.Throws<NodeException>(() => Parse("[[a]]\n").Set(TomlPath.Of("a"), 1L));
    }

    [Fact]
    public void A_removed_key_takes_its_line_with_it() =>
        Assert.Equal("# c\nb = 2\n", Parse("# c\na = 1 # why\nb = 2\n").Remove(TomlPath.Of("a")).Text);

    [Fact]
    public void A_table_is_no_key_that_could_be_removed() =>
        Assert.Equal("[a.b]\ny = 1\n", Parse("[a.b]\ny = 1\n").Remove(TomlPath.Of("a", "b")).Text);

    [Theory]
    [InlineData("a = { b = 1, c = 2, d = 3 }", "b", "a = { c = 2, d = 3 }")]
    [InlineData("a = { b = 1, c = 2, d = 3 }", "c", "a = { b = 1, d = 3 }")]
    [InlineData("a = { b = 1, c = 2, d = 3 }", "d", "a = { b = 1, c = 2 }")]
    [InlineData("a = { b = 1 }", "b", "a = {  }")]
    public void A_key_in_braces_goes_with_its_comma(string before, string key, string after) =>
        Assert.Equal(after, Parse(before).Remove(TomlPath.Of("a", key)).Text);

    [Theory]
    [InlineData("a = [\"cri\"]", "a = []")]
    [InlineData("a = [\"cri\", \"x\"]", "a = [\"x\"]")]
    [InlineData("a = [\"x\", \"cri\"]", "a = [\"x\"]")]
    [InlineData("a = [\"x\", \"cri\", \"y\"]", "a = [\"x\", \"y\"]")]
    [InlineData("a = [\n  'cri', # no\n  'x', # yes\n]", "a = [\n   # no\n  'x', # yes\n]")]
    [InlineData("a = [\n  'x', # yes\n  'cri'\n]", "a = [\n  'x', # yes\n  \n]")]
    [InlineData("a = [ 'cri', 'cri' ]", "a = [  ]")]
    [InlineData("a = [ 'x' ]", "a = [ 'x' ]")]
    [InlineData("b = 1", "b = 1")]
    public void An_item_goes_with_its_comma(string before, string after) =>
        Assert.Equal(after, Parse(before).RemoveItem(TomlPath.Of("a"), "cri").Text);
}
