using System.Text.Json.Nodes;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Selectors;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new()
    {
        ["a"] = "b",
        ["n"] = "5",
        ["e"] = "",
        ["x.io/y"] = "z",
    };

    [Theory]
    [InlineData("", true)]
    [InlineData("  ", true)]
    [InlineData("a=b", true)]
    [InlineData("a==b", true)]
    [InlineData(" a = b ", true)]
    [InlineData("a=c", false)]
    [InlineData("a!=b", false)]
    [InlineData("a!=c", true)]
    [InlineData("absent!=c", true)]
    [InlineData("a", true)]
    [InlineData("!a", false)]
    [InlineData("! absent", true)]
    [InlineData("a in (b,c)", true)]
    [InlineData("a in (c)", false)]
    [InlineData("a notin (b, c)", false)]
    [InlineData("absent notin (b)", true)]
    [InlineData("absent in (b)", false)]
    [InlineData("e=", true)]
    [InlineData("e", true)]
    [InlineData("e in ()", true)]
    [InlineData("n>4", true)]
    [InlineData("n<5", false)]
    [InlineData("a>1", false)]
    [InlineData("x.io/y=z,a=b,!q", true)]
    [InlineData("x.io/y=z,a=q", false)]
    [InlineData("in in (in)", false)]
    [InlineData("notin", false)]
    public void A_query_selects_by_labels(string query, bool expected) =>
        Assert.Equal(expected, LabelSelectorQuery.Parse(query).Matches(Labels));

    [Theory]
    [InlineData(",")]
    [InlineData("a,")]
    [InlineData("=b")]
    [InlineData("a b")]
    [InlineData("a in")]
    [InlineData("a in (b")]
    [InlineData("a in b")]
    [InlineData("a!b")]
    [InlineData("a=b)")]
    [InlineData("a===b")]
    [InlineData("a=-b")]
    [InlineData("-a")]
    [InlineData("a>x")]
    [InlineData("!a=b")]
    [InlineData("a/b/c=d")]
    public void What_is_no_label_query_is_refused(string query) =>
        Assert.Equal(KubeReason.Invalid, Assert.Throws<KubeException>(() => LabelSelectorQuery.Parse(query)).Reason);

    [Fact]
    public void A_query_written_out_means_the_same() =>
        Choices.Check(
            1000,
            choices =>
                RandomJson.MayRefuse(() =>
                {
                    var query = LabelSelectorQuery.Parse(choices.Text("ab =!,()<>1in", 15));
                    Assert.Equal(query.ToString(), LabelSelectorQuery.Parse(query.ToString()).ToString());
                    Assert.Equal(query.Matches(Labels), LabelSelectorQuery.Parse(query.ToString()).Matches(Labels));
                })
        );

    [Fact]
    public void A_selector_in_an_object_selects_as_its_query()
    {
        var selector = new LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["a"] = "b" },
            MatchExpressions =
            [
                new()
                {
                    Key = "n",
                    Operator = "In",
                    Values = ["5", "6"],
                },
                new() { Key = "gone", Operator = "DoesNotExist" },
                new()
                {
                    Key = "n",
                    Operator = "NotIn",
                    Values = ["7"],
                },
                new() { Key = "e", Operator = "Exists" },
            ],
        };

        Assert.True(selector.Matches(Labels));
        Assert.True(LabelSelectorQuery.From(selector).Matches(Labels));
        Assert.False(selector.Matches(new Dictionary<string, string> { ["a"] = "b" }));
        Assert.True(new LabelSelector().Matches(Labels));
        Assert.Throws<KubeException>(() =>
            new LabelSelector { MatchExpressions = [new() { Key = "a", Operator = "Like" }] }.Matches(Labels)
        );
    }

    private static readonly JsonNode Pod = JsonNode.Parse(
        """{"metadata":{"name":"x"},"spec":{"nodeName":"n1","hostNetwork":true,"priority":5},"status":{"phase":"a,b=c\\"}}"""
    )!;

    [Theory]
    [InlineData("", true)]
    [InlineData("metadata.name=x", true)]
    [InlineData("metadata.name==x", true)]
    [InlineData("metadata.name!=x", false)]
    [InlineData("metadata.name=x,spec.nodeName!=n2", true)]
    [InlineData("metadata.name=x,,spec.nodeName=n2", false)]
    [InlineData("spec.hostNetwork=true", true)]
    [InlineData("spec.priority=5", true)]
    [InlineData("spec.absent=", true)]
    [InlineData("spec.absent!=y", true)]
    [InlineData("metadata.name.deeper=", true)]
    [InlineData(@"status.phase=a\,b\=c\\", true)]
    public void A_field_query_selects_by_fields(string query, bool expected) =>
        Assert.Equal(expected, FieldSelectorQuery.Parse(query).Matches(path => FieldSelectorQuery.ValueAt(Pod, path)));

    [Theory]
    [InlineData("metadata.name")]
    [InlineData("a=b=c")]
    [InlineData(@"a=b\x")]
    [InlineData(@"a=b\")]
    public void What_is_no_field_query_is_refused(string query) =>
        Assert.Equal(KubeReason.Invalid, Assert.Throws<KubeException>(() => FieldSelectorQuery.Parse(query)).Reason);

    [Fact]
    public void A_field_query_tells_the_name_it_asks_for()
    {
        Assert.Equal("x", FieldSelectorQuery.Parse("a!=b,metadata.name=x").RequiredValue("metadata.name"));
        Assert.Null(FieldSelectorQuery.Parse("metadata.name!=x").RequiredValue("metadata.name"));
    }

    [Fact]
    public void A_field_query_written_out_means_the_same() =>
        Choices.Check(
            1000,
            choices =>
                RandomJson.MayRefuse(() =>
                {
                    var query = FieldSelectorQuery.Parse(choices.Text("ab.=!,\\", 11));
                    Assert.Equal(query.ToString(), FieldSelectorQuery.Parse(query.ToString()).ToString());
                })
        );
}
