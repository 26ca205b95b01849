using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Generators;

/// <summary>Small JSON documents with few distinct keys and values, so that choices documents meet each other.</summary>
internal static class RandomJson
{
    private static readonly string[] Keys =
    [
        "a",
        "b",
        "c",
        "name",
        "type",
        "containers",
        "ports",
        "spec",
        "metadata",
        "x/y",
        "~",
        "",
    ];

    public static JsonNode? Value(Choices choices, int depth = 3, bool nulls = true) =>
        choices.Next(depth > 0 ? 8 : 5) switch
        {
            0 => nulls ? null : JsonValue.Create(0),
            1 => JsonValue.Create(choices.Next(5)),
            2 => JsonValue.Create(choices.Next(2) == 0),
            3 or 4 => JsonValue.Create(Text(choices)),
            5 => Array(choices, depth - 1, nulls),
            _ => Object(choices, depth - 1, nulls),
        };

    public static JsonObject Object(Choices choices, int depth = 3, bool nulls = true)
    {
        var o = new JsonObject();
        for (var i = choices.Next(5); i > 0; i--)
            o[choices.Of(Keys)] = Value(choices, depth, nulls);
        return o;
    }

    public static JsonArray Array(Choices choices, int depth = 2, bool nulls = true)
    {
        var a = new JsonArray();
        for (var i = choices.Next(5); i > 0; i--)
            a.Add(Value(choices, depth, nulls));
        return a;
    }

    public static string Text(Choices choices) =>
        choices.Next(6) switch
        {
            0 => "",
            1 => "yes",
            2 => "0644",
            3 => "line\nbreak: \"é\\ \U0001F980",
            _ => choices.Text("abc", 3),
        };

    public static byte[] Mutate(Choices choices, string text) =>
        choices.Mutate(Encoding.UTF8.GetBytes(text), "{}[]:,\"'&*!|>-#%@`\\\n\t 0u");

    /// <summary>Runs something on bytes from outside: it may refuse them, but only with a <see cref="KubeException"/>.</summary>
    public static void MayRefuse(Action action)
    {
        try
        {
            action();
        }
        catch (KubeException e)
        {
            Assert.StartsWith("cannot ", e.Message, StringComparison.Ordinal);
        }
    }
}
