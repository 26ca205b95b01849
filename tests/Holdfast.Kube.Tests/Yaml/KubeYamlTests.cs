using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Kube.Tests.Patches;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Yaml;

public sealed class KubeYamlTests
{
    [Theory]
    [InlineData("a", "\"a\"")]
    [InlineData("1", "1")]
    [InlineData("-1", "-1")]
    [InlineData("0644", "420")]
    [InlineData("0o644", "420")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("089", "89")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("100m", "\"100m\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("2001-12-14", "\"2001-12-14\"")]
    [InlineData("2001-12-14T21:59:43Z", "\"2001-12-14T21:59:43Z\"")]
    [InlineData("true", "true")]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("tRue", "\"tRue\"")]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("", "null")]
    [InlineData("\"yes\"", "\"yes\"")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("! 1", "\"1\"")]
    [InlineData("!!int \"1\"", "1")]
    [InlineData("!!float 1", "1")]
    [InlineData("[a, {b: c}]", """["a",{"b":"c"}]""")]
    [InlineData("{1: a, true: b}", """{"1":"a","true":"b"}""")]
    [InlineData("|\n  x\n  y\n", "\"x\\ny\\n\"")]
    public void Scalars_mean_what_they_mean_to_kubectl(string yaml, string json)
    {
        var value = Assert.Single(KubeYaml.ParseDocuments("v: " + yaml))["v"];

        MergePatchTests.Same(JsonNode.Parse(json), value);
    }

    [Fact]
    public void A_stream_gives_its_documents_without_the_empty_ones()
    {
        var documents = KubeYaml.ParseDocuments("---\n# nothing\n---\na: 1\n---\n---\nb: 2\n...\n");

        Assert.Equal(["""{"a":1}""", """{"b":2}"""], documents.Select(document => document.ToJsonString()));
    }

    [Fact]
    public void Anchors_and_merges_are_resolved()
    {
        var documents = KubeYaml.ParseDocuments(Samples.Manifest);

        Assert.Equal(2, documents.Count);
        Assert.Equal("a", documents[0]["metadata"]!["name"]!.GetValue<string>());
        Assert.Equal("#!/bin/sh\necho \"hi: there\"\n", documents[0]["data"]!["script"]!.GetValue<string>());
        Assert.Equal("one two", documents[0]["data"]!["folded"]!.GetValue<string>());
    }

    [Fact]
    public void In_a_merge_the_mapping_itself_wins_and_then_the_earlier_one()
    {
        var document = Assert.Single(KubeYaml.ParseDocuments("<<: [{a: 1, b: 1}, {b: 2, c: 2}]\na: 0"));

        MergePatchTests.Same(JsonNode.Parse("""{"a":0,"b":1,"c":2}"""), document);
    }

    [Theory]
    [InlineData("a: 1\nb: ]", 2, 0)]
    [InlineData("a: 1\na: 2", 2, 1)]
    [InlineData("a:\n  - *nobody", 2, 5)]
    [InlineData("a: !!int x", 1, 4)]
    [InlineData("a: !mine x", 1, 4)]
    [InlineData("a: .inf", 1, 4)]
    [InlineData("? [a]\n: b", 1, 3)]
    [InlineData("a: b: c", 1, 0)]
    [InlineData("a:\n\tb: 1", 2, 1)]
    [InlineData("a: {b: :", 1, 0)]
    [InlineData("a: \u0000", 1, 4)]
    public void Errors_name_line_and_column(string yaml, int line, int column)
    {
        var e = Assert.Throws<KubeException>(() => KubeYaml.ParseDocuments(yaml));

        Assert.Equal(KubeReason.Malformed, e.Reason);
        Assert.Equal(line, e.Line);
        // Where the parser itself stumbles is its own business.
        if (column > 0)
            Assert.Equal(column, e.Column);
        Assert.StartsWith($"cannot read YAML: line {line}, column ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_that_multiply_are_stopped()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
            yaml.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");

        var e = Assert.Throws<KubeException>(() => KubeYaml.ParseDocuments(yaml.ToString()));

        Assert.Contains("more than", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_stopped()
    {
        var e = Assert.Throws<KubeException>(() => KubeYaml.ParseDocuments(new string('[', 5000)));

        Assert.Equal(KubeReason.Malformed, e.Reason);
    }

    [Fact]
    public void Json_is_yaml() =>
        Choices.Check(
            1000,
            choices =>
            {
                var json = RandomJson.Object(choices);
                MergePatchTests.Same(json, Assert.Single(KubeYaml.ParseDocuments(json.ToJsonString())));
            }
        );

    [Fact]
    public void Broken_yaml_is_refused_with_the_rooms_own_exception() =>
        Choices.Check(
            1000,
            choices =>
            {
                var text = Encoding.UTF8.GetString(RandomJson.Mutate(choices, Samples.Manifest));
                RandomJson.MayRefuse(() =>
                {
                    foreach (var document in KubeYaml.ParseDocuments(text))
                        KubeJson.ParseNode(KubeJson.Serialize(document));
                });
            }
        );
}
