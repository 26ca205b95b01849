using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Schema;
using Holdfast.Kube;

namespace Holdfast.Hub.Tests.Schema;

/// <summary>What passes the decoder can be read by the typed records of the agent, whatever a client sends.</summary>
public sealed class ReadabilityTests
{
    private const int Rounds = 3000;
    private const int MaxDepth = 6;

    private static readonly string[] Integers =
    [
        "0",
        "-1",
        "7",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9223372036854775807",
        "1e3",
        "1.5",
        "\"7\"",
    ];
    private static readonly string[] Texts = ["\"\"", "\"x\"", "\"ä\"", "7", "\"a\\u0000b\""];
    private static readonly string[] Times =
    [
        "\"2026-01-02T03:04:05Z\"",
        "\"2026-01-02T03:04:05.123456789Z\"",
        "\"2026-01-02T03:04:05+14:00\"",
        "\"0001-01-01T00:00:00+14:00\"",
        "\"2026-01-02\"",
        "\"03:04\"",
        "\"now\"",
        "7",
    ];
    private static readonly string[] Quantities =
    [
        "\"1\"",
        "\"1Gi\"",
        "\"-1\"",
        "\"0.0000001\"",
        "\"9999999999999999999999Ei\"",
        "\"1e400\"",
        "1.5",
        "\"\"",
        "\"x\"",
    ];
    private static readonly string[] Base64 =
    [
        "\"\"",
        "\"aGk=\"",
        "\"aG\\nk=\"",
        "\"a G k =\"",
        "\"aGk\"",
        "\"aGl=\"",
        "\"_-==\"",
        "\"!\"",
    ];

    [Theory]
    [InlineData("Pod")]
    [InlineData("Node")]
    [InlineData("ConfigMap")]
    [InlineData("Secret")]
    [InlineData("Event")]
    [InlineData("RuntimeClass")]
    public void What_the_decoder_accepts_can_be_read(string kind)
    {
        var type = SchemaCatalog.Kubernetes[kind];
        var random = new Random(kind.Length);
        var accepted = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var text = new StringBuilder();
            Write(text, type, random, 0);
            var o = JsonNode.Parse(text.ToString())!.AsObject();
            try
            {
                new SchemaDecoder(type).Decode(o, kind);
            }
            catch (ApiException e) when (e.Reason == ApiReason.BadRequest)
            {
                continue;
            }

            accepted++;
            try
            {
                Read(kind, Encoding.UTF8.GetBytes(o.ToJsonString()));
            }
            catch (KubeException e)
            {
                Assert.Fail($"round {round}: {e.Message}\n{o.ToJsonString()}");
            }
        }

        Assert.True(accepted > Rounds / 20, $"only {accepted} of {Rounds} objects were accepted");
    }

    private static object Read(string kind, byte[] json) =>
        kind switch
        {
            "Pod" => KubeJson.Deserialize<Pod>(json),
            "Node" => KubeJson.Deserialize<Node>(json),
            "ConfigMap" => KubeJson.Deserialize<ConfigMap>(json),
            "Secret" => KubeJson.Deserialize<Secret>(json),
            "Event" => KubeJson.Deserialize<Event>(json),
            _ => KubeJson.Deserialize<RuntimeClass>(json),
        };

    private static void Write(StringBuilder text, TypeSchema type, Random random, int depth)
    {
        text.Append('{');
        var first = true;
        foreach (var field in type.Fields.Values)
        {
            // The deeper, the fewer fields, so that an object is small and one wrong value does not spoil each.
            if (depth > MaxDepth || random.Next(2 + depth + (type.Fields.Count / 4)) != 0)
            {
                continue;
            }

            text.Append(first ? "" : ",").Append('"').Append(field.Name).Append("\":");
            first = false;
            switch (field.Shape)
            {
                case FieldShape.List:
                    text.Append('[');
                    Value(text, field, random, depth);
                    text.Append(']');
                    break;
                case FieldShape.Map:
                    text.Append("{\"k\":");
                    Value(text, field, random, depth);
                    text.Append('}');
                    break;
                default:
                    Value(text, field, random, depth);
                    break;
            }
        }

        text.Append('}');
    }

    private static void Value(StringBuilder text, FieldSchema field, Random random, int depth)
    {
        if (random.Next(20) == 0)
        {
            text.Append("null");
            return;
        }

        string[] values = field.Kind switch
        {
            FieldKind.Text => Texts,
            FieldKind.Int32 or FieldKind.Int64 => Integers,
            FieldKind.Boolean => ["true", "false"],
            FieldKind.Bytes => Base64,
            FieldKind.Time => Times,
            FieldKind.Quantity => Quantities,
            FieldKind.IntOrString => [.. Integers, "\"80%\"", "\"web\""],
            FieldKind.Any => ["{}", "{\"a\":[1,null,\"x\"]}", "[]", "true"],
            _ => [],
        };
        if (values.Length > 0)
        {
            // Half of the values are harmless, so that many objects pass.
            text.Append(random.Next(2) == 0 ? values[0] : values[random.Next(values.Length)]);
        }
        else
        {
            Write(text, field.Type!, random, depth + 1);
        }
    }
}
