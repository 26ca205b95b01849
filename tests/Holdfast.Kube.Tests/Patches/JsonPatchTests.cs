using System.Text.Json.Nodes;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Patches;

public sealed class JsonPatchTests
{
    // RFC 6902, appendix A, and the corners of the json-patch-tests suite.
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"baz":"qux","foo":"bar"}""")]
    [InlineData(
        """{"foo":["bar","baz"]}""",
        """[{"op":"add","path":"/foo/1","value":"qux"}]""",
        """{"foo":["bar","qux","baz"]}"""
    )]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData(
        """{"foo":["bar","qux","baz"]}""",
        """[{"op":"remove","path":"/foo/1"}]""",
        """{"foo":["bar","baz"]}"""
    )]
    [InlineData("""{"baz":"qux"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo"}""")]
    [InlineData(
        """{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""",
        """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""",
        """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"""
    )]
    [InlineData(
        """{"foo":["all","grass","cows","eat"]}""",
        """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""",
        """{"foo":["all","cows","eat","grass"]}"""
    )]
    [InlineData(
        """{"baz":"qux","foo":["a",2,"c"]}""",
        """[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]""",
        """{"baz":"qux","foo":["a",2,"c"]}"""
    )]
    [InlineData(
        """{"foo":"bar"}""",
        """[{"op":"add","path":"/child","value":{"grandchild":{}}}]""",
        """{"foo":"bar","child":{"grandchild":{}}}"""
    )]
    [InlineData(
        """{"foo":"bar"}""",
        """[{"op":"add","path":"/baz","value":"qux","xyz":123}]""",
        """{"foo":"bar","baz":"qux"}"""
    )]
    [InlineData(
        """{"/":9,"~1":10}""",
        """[{"op":"test","path":"/~01","value":10},{"op":"test","path":"/~1","value":9}]""",
        """{"/":9,"~1":10}"""
    )]
    [InlineData(
        """{"foo":["bar"]}""",
        """[{"op":"add","path":"/foo/-","value":["abc"]}]""",
        """{"foo":["bar",["abc"]]}"""
    )]
    [InlineData("""{"foo":1}""", """[{"op":"replace","path":"","value":[1]}]""", """[1]""")]
    [InlineData(
        """{"foo":null}""",
        """[{"op":"test","path":"/foo","value":null},{"op":"replace","path":"/foo","value":1}]""",
        """{"foo":1}"""
    )]
    [InlineData("""{"":1}""", """[{"op":"copy","from":"/","path":"/a"}]""", """{"":1,"a":1}""")]
    [InlineData("""{"a":1.0}""", """[{"op":"test","path":"/a","value":1}]""", """{"a":1.0}""")]
    [InlineData("""{"a":1}""", """[{"op":"move","from":"/a","path":"/a"}]""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """[]""", """{"a":1}""")]
    public void The_examples_of_the_standard_hold(string target, string patch, string expected) =>
        MergePatchTests.Same(JsonNode.Parse(expected), JsonPatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch)));

    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz/bat","value":"qux"}]""", KubeReason.PatchPathMissing)]
    [InlineData("""{"foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", KubeReason.PatchPathMissing)]
    [InlineData("""{"foo":"bar"}""", """[{"op":"replace","path":"/baz","value":1}]""", KubeReason.PatchPathMissing)]
    [InlineData("""["a"]""", """[{"op":"add","path":"/2","value":1}]""", KubeReason.PatchPathMissing)]
    [InlineData("""["a"]""", """[{"op":"remove","path":"/-"}]""", KubeReason.Invalid)]
    [InlineData("""["a","b"]""", """[{"op":"remove","path":"/01"}]""", KubeReason.Invalid)]
    [InlineData("""["a","b"]""", """[{"op":"remove","path":"/99999999999"}]""", KubeReason.PatchPathMissing)]
    [InlineData("""{"baz":"qux"}""", """[{"op":"test","path":"/baz","value":"bar"}]""", KubeReason.PatchTestFailed)]
    [InlineData("""{"/":9}""", """[{"op":"test","path":"/~1","value":"9"}]""", KubeReason.PatchTestFailed)]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":"/a/b"}]""", KubeReason.Invalid)]
    [InlineData("""{}""", """{"op":"add"}""", KubeReason.Malformed)]
    [InlineData("""{}""", """[1]""", KubeReason.Malformed)]
    [InlineData("""{}""", """[{"op":"spam","path":"/a"}]""", KubeReason.Malformed)]
    [InlineData("""{}""", """[{"op":"add","path":"/a"}]""", KubeReason.Malformed)]
    [InlineData("""{}""", """[{"op":"add","path":"a","value":1}]""", KubeReason.Malformed)]
    [InlineData("""{}""", """[{"op":"add","path":"/~2","value":1}]""", KubeReason.Malformed)]
    [InlineData("""{}""", """[{"op":"copy","path":"/a"}]""", KubeReason.Malformed)]
    [InlineData("""{}""", """[{"op":"add","path":null,"value":1}]""", KubeReason.Malformed)]
    public void What_cannot_apply_is_refused(string target, string patch, KubeReason reason) =>
        Assert.Equal(
            reason,
            Assert.Throws<KubeException>(() => JsonPatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch))).Reason
        );

    [Fact]
    public void A_patch_applies_as_a_whole_or_not_at_all()
    {
        var target = JsonNode.Parse("""{"a":1}""");

        Assert.Throws<KubeException>(() =>
            JsonPatch.Apply(target, JsonNode.Parse("""[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]"""))
        );

        MergePatchTests.Same(JsonNode.Parse("""{"a":1}"""), target);
    }

    [Fact]
    public void Copies_that_double_a_document_again_and_again_are_stopped()
    {
        var patch = new JsonArray();
        for (var i = 0; i < 100; i++)
            patch.Add(JsonNode.Parse($$"""{"op":"copy","from":"","path":"/a{{i}}"}"""));

        Assert.Equal(
            KubeReason.Invalid,
            Assert.Throws<KubeException>(() => JsonPatch.Apply(JsonNode.Parse("""{"b":[1,2,3]}"""), patch)).Reason
        );
    }

    [Fact]
    public void Random_operations_apply_or_are_refused_and_never_touch_the_target() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomJson.Value(choices);
                var before = target?.DeepClone();
                var patch = RandomPatch(choices, target);
                RandomJson.MayRefuse(() => JsonPatch.Apply(target, patch));
                MergePatchTests.Same(before, target);
            }
        );

    [Fact]
    public void What_was_added_can_be_tested_and_removed_again() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomJson.Object(choices);
                target.Remove("new");
                var value = RandomJson.Value(choices);
                var patch = new JsonArray(
                    Operation("add", "/new", value),
                    Operation("test", "/new", value),
                    new JsonObject
                    {
                        ["op"] = "move",
                        ["from"] = "/new",
                        ["path"] = "/other",
                    },
                    new JsonObject { ["op"] = "remove", ["path"] = "/other" }
                );
                var expected = (JsonObject)target.DeepClone();
                expected.Remove("other");

                MergePatchTests.Same(expected, JsonPatch.Apply(target, patch));
            }
        );

    private static JsonObject Operation(string op, string path, JsonNode? value) =>
        new()
        {
            ["op"] = op,
            ["path"] = path,
            ["value"] = value?.DeepClone(),
        };

    private static JsonArray RandomPatch(Choices choices, JsonNode? target)
    {
        var patch = new JsonArray();
        for (var i = choices.Next(1, 6); i > 0; i--)
        {
            var op = choices.Of("add", "remove", "replace", "move", "copy", "test", "nonsense");
            var operation = Operation(op, RandomPath(choices, target), RandomJson.Value(choices, 1));
            operation["from"] = RandomPath(choices, target);
            patch.Add(operation);
        }
        return patch;
    }

    // Mostly paths that exist, so that operations go deep.
    private static string RandomPath(Choices choices, JsonNode? node)
    {
        var path = "";
        while (choices.Next(4) > 0)
            switch (node)
            {
                case JsonObject { Count: > 0 } o:
                    var entry = o.ElementAt(choices.Next(o.Count));
                    path +=
                        "/"
                        + entry
                            .Key.Replace("~", "~0", StringComparison.Ordinal)
                            .Replace("/", "~1", StringComparison.Ordinal);
                    node = entry.Value;
                    break;
                case JsonArray { Count: > 0 } a:
                    var index = choices.Next(a.Count);
                    path += "/" + index;
                    node = a[index];
                    break;
                default:
                    return path + choices.Of("", "/a", "/-", "/0", "/~", "x", "/00");
            }
        return path;
    }
}
