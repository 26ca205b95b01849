using System.Text;

namespace Holdfast.Agent.Containers;

/// <summary>
/// Kubernetes' <c>$(NAME)</c> in commands, arguments and environment values: a known name is replaced, an unknown one
/// stays as written, <c>$$</c> is a dollar sign. Pure.
/// </summary>
internal static class VariableExpansion
{
    public static string Expand(string text, Func<string, string?> valueOf)
    {
        if (!text.Contains('$'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var next = text[i + 1];
            if (next == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var end = next == '(' ? text.IndexOf(')', i + 2) : -1;
            if (end < 0)
            {
                result.Append('$');
                continue;
            }

            var name = text[(i + 2)..end];
            result.Append(valueOf(name) ?? $"$({name})");
            i = end;
        }

        return result.ToString();
    }
}
