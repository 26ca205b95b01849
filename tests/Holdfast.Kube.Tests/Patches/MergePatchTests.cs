using System.Text.Json.Nodes;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Patches;

public sealed class MergePatchTests
{
    // RFC 7386, appendix A.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void The_examples_of_the_standard_hold(string target, string patch, string expected) =>
        Same(JsonNode.Parse(expected), MergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch)));

    [Fact]
    public void A_computed_patch_leads_from_one_document_to_another() =>
        Choices.Check(
            1000,
            choices =>
            {
                var from = RandomJson.Object(choices, nulls: false);
                var to = RandomJson.Object(choices, nulls: false);
                Same(to, MergePatch.Apply(from, Difference(from, to)));
            }
        );

    [Fact]
    public void Applying_twice_changes_nothing_more_and_the_arguments_stay() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomJson.Value(choices);
                var patch = RandomJson.Value(choices);
                var (targetBefore, patchBefore) = (target?.DeepClone(), patch?.DeepClone());

                var once = MergePatch.Apply(target, patch);

                Same(once, MergePatch.Apply(once, patch));
                Same(targetBefore, target);
                Same(patchBefore, patch);
            }
        );

    internal static void Same(JsonNode? expected, JsonNode? actual) =>
        Assert.True(
            JsonNode.DeepEquals(expected, actual),
            $"expected {expected?.ToJsonString() ?? "null"}\nactual   {actual?.ToJsonString() ?? "null"}"
        );

    // The simplest correct difference, as an oracle.
    internal static JsonObject Difference(JsonObject from, JsonObject to)
    {
        var patch = new JsonObject();
        foreach (var (key, _) in from)
            if (!to.ContainsKey(key))
                patch[key] = null;
        foreach (var (key, value) in to)
            if (from[key] is JsonObject inner && value is JsonObject wanted)
                patch[key] = Difference(inner, wanted);
            else if (!JsonNode.DeepEquals(from[key], value))
                patch[key] = value?.DeepClone();
        return patch;
    }
}
