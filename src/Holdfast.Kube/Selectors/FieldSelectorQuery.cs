using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>One term of a field selector: the field at Path is, or is not, Value.</summary>
public sealed record FieldRequirement(string Path, bool IsEqual, string Value)
{
    public override string ToString() => $"{Path}{(IsEqual ? "=" : "!=")}{Escape(Value)}";

    private static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace(",", "\\,", StringComparison.Ordinal)
            .Replace("=", "\\=", StringComparison.Ordinal);
}

/// <summary>
/// A field selector as queries write it: "metadata.name=x,spec.nodeName!=y". Immutable and thread-safe. /// Source: k8s.io/apimachinery/pkg/fields/selector.go.
/// </summary>
public sealed class FieldSelectorQuery
{
    public static readonly FieldSelectorQuery Everything = new([]);

    private FieldSelectorQuery(IReadOnlyList<FieldRequirement> requirements) => Requirements = requirements;

    public IReadOnlyList<FieldRequirement> Requirements { get; }

    /// <exception cref="KubeException"><see cref="KubeReason.Invalid"/></exception>
    public static FieldSelectorQuery Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Everything;
        var requirements = new List<FieldRequirement>();
        foreach (var term in SplitTerms(text))
            if (term.Length > 0)
                requirements.Add(ParseTerm(term, text));
        return requirements.Count == 0 ? Everything : new(requirements);
    }

    /// <summary>The value that a field must have exactly, such as metadata.name for a lookup by name; null when it is free.</summary>
    public string? RequiredValue(string path) => Requirements.FirstOrDefault(r => r.IsEqual && r.Path == path)?.Value;

    /// <param name="valueOf">The value of the field at a path, as text.</param>
    public bool Matches(Func<string, string> valueOf)
    {
        foreach (var requirement in Requirements)
            if ((valueOf(requirement.Path) == requirement.Value) != requirement.IsEqual)
                return false;
        return true;
    }

    public override string ToString() => string.Join(',', Requirements);

    /// <summary>The scalar at a path as text; "" when there is none.</summary>
    public static string ValueAt(JsonNode? node, string path)
    {
        foreach (var step in path.Split('.'))
        {
            if (node is not JsonObject o)
                return "";
            node = o[step];
        }
        if (node is not JsonValue value)
            return "";
        return value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
    }

    /// <summary>Splits at commas that no backslash protects.</summary>
    private static IEnumerable<string> SplitTerms(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\\')
                i++;
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        yield return text[start..];
    }

    private static FieldRequirement ParseTerm(string term, string whole)
    {
        for (var i = 0; i < term.Length; i++)
        {
            if (term[i] == '\\')
                i++;
            else if (term[i] == '!' && i + 1 < term.Length && term[i + 1] == '=')
                return new FieldRequirement(term[..i], IsEqual: false, Unescape(term[(i + 2)..], whole));
            else if (term[i] == '=')
            {
                var length = i + 1 < term.Length && term[i + 1] == '=' ? 2 : 1;
                return new FieldRequirement(term[..i], IsEqual: true, Unescape(term[(i + length)..], whole));
            }
        }
        throw Invalid(whole, $"invalid selector: '{term}'; can't understand '{term}'");
    }

    private static string Unescape(string value, string whole)
    {
        if (!value.AsSpan().ContainsAny('\\', ',', '='))
            return value;
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is ',' or '=')
                throw Invalid(whole, $"invalid field selector: unescaped character in value: '{value[i]}'");
            if (value[i] == '\\')
            {
                i++;
                if (i == value.Length || value[i] is not ('\\' or ',' or '='))
                    throw Invalid(whole, $"invalid field selector: invalid escape sequence in '{value}'");
            }
            result.Append(value[i]);
        }
        return result.ToString();
    }

    private static KubeException Invalid(string text, string problem) =>
        new(KubeReason.Invalid, $"cannot read field selector \"{text}\": {problem}");
}
