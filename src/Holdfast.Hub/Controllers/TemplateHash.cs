using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>The pod-template-hash: names the ReplicaSet of a template. Stateless.</summary>
internal static class TemplateHash
{
    public const string Label = "pod-template-hash";

    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>Digits that make no words, as k8s.io/apimachinery/pkg/util/rand encodes the hash.</summary>
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    public static string Of(JsonNode? template, long collisions)
    {
        var hash = FnvOffset;
        foreach (var b in Encoding.UTF8.GetBytes($"{Canonical(template)}{(collisions > 0 ? collisions : null)}"))
        {
            hash = (hash ^ b) * FnvPrime;
        }

        return new([.. hash.ToString().Select(c => Letters[c % Letters.Length])]);
    }

    /// <summary>Whether two templates are the same but for the hash label.</summary>
    public static bool AreSame(JsonNode? a, JsonNode? b) => Canonical(a) == Canonical(b);

    /// <summary>The template with its keys in order and without the hash.</summary>
    private static string Canonical(JsonNode? template)
    {
        var copy = template?.DeepClone() as JsonObject ?? [];
        copy.At("metadata").ObjectAt("labels")?.Remove(Label);
        var text = new StringBuilder();
        Write(copy, text);
        return text.ToString();
    }

    private static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject o:
                text.Append('{');
                foreach (var (name, value) in o.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    // An empty object and an absent one are the same to Kubernetes.
                    if (value is not null and not JsonObject { Count: 0 } and not JsonArray { Count: 0 })
                    {
                        text.Append(name).Append(':');
                        Write(value, text);
                        text.Append(',');
                    }
                }

                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var item in list)
                {
                    Write(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString());
                break;
        }
    }
}
