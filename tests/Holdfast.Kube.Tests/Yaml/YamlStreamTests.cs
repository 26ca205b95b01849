using System.Text;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Yaml;

/// <summary>The front end of everything that reads YAML: nodes with places, bounds, and faults that can be found.</summary>
public sealed class YamlStreamTests
{
    private static YamlFault Fault(string text) =>
        Assert.Single(YamlStream.Read(text, YamlBounds.Configuration).Faults);

    [Theory]
    [InlineData("a: 1\nspec:\n  host:\n\tswap: disabled\n", 4, 1)]
    [InlineData("a: 1\nspec:\n  host: {\n\tswap: disabled }\n", 4, 1)]
    [InlineData("a: b\nmodules:\n\tedged:\n\t\tenable: true\n", 3, 1)]
    [InlineData("\ta:\n\t\tb", 1, 1)]
    [InlineData("a: x\n\tb: y\n", 2, 1)]
    [InlineData("a:\n  b: 1\n \tc: 2\n", 3, 2)]
    [InlineData("a:\n  - b\n\t- c\n", 3, 1)]
    [InlineData("a: |\n  x\n\ty\n", 3, 1)]
    [InlineData("a: {\n  b: 1\n\t}\n", 3, 1)]
    [InlineData("a: |\n  \tx\nb: 1\n\tc: 2\n", 4, 1)]
    public void A_tab_that_indents_is_named_with_its_line(string text, int line, int column)
    {
        var fault = Fault(text);
        Assert.Equal((line, column), (fault.Line, fault.Column));
        Assert.Equal("a tab indents this line; YAML is indented with spaces, replace the tab by them", fault.Problem);
    }

    [Theory]
    [InlineData("a:\tb\nc: d\t# x\n")]
    [InlineData("a: |\n  x\n  \ty\n")]
    [InlineData("{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": 2 }\n}\n")]
    public void A_tab_that_does_not_indent_is_fine(string text) =>
        Assert.Empty(YamlStream.Read(text, YamlBounds.Configuration).Faults);

    [Fact]
    public void In_json_with_tabs_another_fault_is_not_blamed_on_them() =>
        Assert.DoesNotContain("tab", Fault("{\n\t\"a\": 1\n\t\"b\": 2\n}").Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("a: [1, 2\nb: 3\n", 2, "a bracket that is opened must be closed")]
    [InlineData("a: b: c", 1, "invalid mapping")]
    [InlineData("a: &x [*x]", 1, "no anchor &x is before this alias")]
    [InlineData("b: 1\na: \u0007", 2, "control character U+0007 is not allowed in YAML")]
    [InlineData("b: 1\nb: 2", 2, "the key \"b\" is there twice; the first is in line 1")]
    [InlineData("? [a]\n: b", 1, "a key must be a string, not a list")]
    [InlineData("a: !mine x", 1, "the tag !mine is not known")]
    public void A_fault_says_what_and_where(string text, int line, string problem)
    {
        var fault = Fault(text);
        Assert.Equal(line, fault.Line);
        Assert.Contains(problem, fault.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_that_do_not_end_the_reading_are_all_told() =>
        Assert.Equal(
            ["2:1", "3:4", "4:3"],
            YamlStream
                .Read("a: 1\na: 2\nb: !x 1\n? [c]\n: 1\n", YamlBounds.Configuration)
                .Faults.Select(f => $"{f.Line}:{f.Column}")
        );

    [Fact]
    public void Nodes_know_where_they_are_written()
    {
        const string Text = "a: 'x'\nb:\n  - {c: 1, d: }\n  # end\n\ne: |\n  f\n";
        var root = Assert.IsType<YamlMappingNode>(Assert.Single(YamlStream.Require(Text, YamlBounds.Configuration)));
        string Written(YamlNode node) => Text[node.Start.Index..node.End.Index];
        Assert.Equal("'x'", Written(root.Find("a")!.Value));
        Assert.Equal("- {c: 1, d: }", Written(root.Find("b")!.Value));
        Assert.Equal("|\n  f\n", Written(root.Find("e")!.Value));
        Assert.Equal(
            (3, 5),
            (root.Find("b")!.Value is YamlSequenceNode { Items: [var item] } ? (item.Line, item.Column) : default)
        );
    }

    [Fact]
    public void A_mapping_that_ends_with_an_alias_ends_there()
    {
        const string Text = "a: &x 1\nb:\n  c: *x\nd: 1\n";
        var root = Assert.IsType<YamlMappingNode>(Assert.Single(YamlStream.Require(Text, YamlBounds.Configuration)));
        var b = root.Find("b")!.Value;
        Assert.Equal("c: *x", Text[b.Start.Index..b.End.Index]);
    }

    [Theory]
    [InlineData(100, "nested more than 32 levels deep")]
    [InlineData(50_000, "nested more than 32 levels deep")]
    public void Depth_is_bounded(int depth, string problem) =>
        Assert.Equal(problem, Fault(new string('[', depth)).Problem);

    [Fact]
    public void Depth_is_bounded_also_through_aliases()
    {
        var text = string.Concat(
            Enumerable.Range(1, 40).Select(i => $"a{i}: &a{i} [{(i == 1 ? "x" : $"*a{i - 1}")}]\n")
        );
        Assert.Equal("nested more than 32 levels deep", Fault(text).Problem);
    }

    [Fact]
    public void Size_is_bounded_with_each_use_of_an_alias()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (var i = 1; i < 12; i++)
            bomb += $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n";
        Assert.Equal("more than 50000 values, aliases counted each time", Fault(bomb).Problem);
        Assert.Equal("larger than 1024 KiB", Fault(new string('a', (1 << 20) + 1)).Problem);
    }

    [Fact]
    public void Any_text_is_read_or_refused_with_a_place_in_it() =>
        Choices.Check(
            1000,
            choices =>
            {
                var text = Encoding.UTF8.GetString(RandomJson.Mutate(choices, Samples.Manifest));
                var stream = YamlStream.Read(text, YamlBounds.Configuration);
                Assert.All(
                    stream.Faults,
                    fault =>
                    {
                        Assert.InRange(
                            fault.Line,
                            1,
                            text.Count(c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029') + 2
                        );
                        Assert.DoesNotContain(fault.Problem, char.IsControl);
                    }
                );
                foreach (var node in stream.Documents.SelectMany(Walk))
                    Assert.InRange(node.End.Index, node.Start.Index, text.Length);
            }
        );

    private static IEnumerable<YamlNode> Walk(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => mapping.Entries.SelectMany(e => Walk(e.Value)).Append(node),
            YamlSequenceNode sequence => sequence.Items.SelectMany(Walk).Append(node),
            _ => [node],
        };
}
