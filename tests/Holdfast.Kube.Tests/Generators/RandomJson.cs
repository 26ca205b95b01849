using System.Text;
using System.Text.Json.Nodes;

namespace Holdfast.Kube.Tests.Generators;

/// <summary>Small JSON documents with few distinct keys and values, so that random documents meet each other.</summary>
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

    public static JsonNode? Value(Random random, int depth = 3, bool nulls = true) =>
        random.Next(depth > 0 ? 8 : 5) switch
        {
            0 => nulls ? null : JsonValue.Create(0),
            1 => JsonValue.Create(random.Next(5)),
            2 => JsonValue.Create(random.Next(2) == 0),
            3 or 4 => JsonValue.Create(Text(random)),
            5 => Array(random, depth - 1, nulls),
            _ => Object(random, depth - 1, nulls),
        };

    public static JsonObject Object(Random random, int depth = 3, bool nulls = true)
    {
        var o = new JsonObject();
        for (var i = random.Next(5); i > 0; i--)
            o[random.GetItems(Keys, 1)[0]] = Value(random, depth, nulls);
        return o;
    }

    public static JsonArray Array(Random random, int depth = 2, bool nulls = true)
    {
        var a = new JsonArray();
        for (var i = random.Next(5); i > 0; i--)
            a.Add(Value(random, depth, nulls));
        return a;
    }

    public static string Text(Random random) =>
        random.Next(6) switch
        {
            0 => "",
            1 => "yes",
            2 => "0644",
            3 => "line\nbreak: \"é\\ \U0001F980",
            _ => random.GetString("abc", random.Next(1, 4)),
        };

    /// <summary>Flips, drops, doubles and inserts bytes.</summary>
    public static byte[] Mutate(Random random, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text).ToList();
        for (var i = random.Next(1, 6); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(12), bytes.Count - at)));
                    break;
                default:
                    bytes.Insert(at, (byte)"{}[]:,\"'&*!|>-#%@`\\\n\t 0u"[random.Next(22)]);
                    break;
            }
        }
        return [.. bytes];
    }

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
