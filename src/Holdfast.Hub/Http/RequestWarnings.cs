using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Http;

/// <summary>
/// The Warning headers of one answer: each text once, however often a write is tried, and no more than every client takes.
/// Used by one request.
/// </summary>
internal sealed class RequestWarnings(HttpResponse response)
{
    /// <summary>All texts of an answer together: as much as kube-apiserver sends.</summary>
    private const int MaxTotalLength = 4096;

    /// <summary>One text, as in kube-apiserver.</summary>
    private const int MaxLength = 256;

    private readonly HashSet<string> texts = new(StringComparer.Ordinal);
    private int total;

    public void Add(string text)
    {
        var escaped = Escape(text);
        if (total + escaped.Length <= MaxTotalLength && texts.Add(escaped))
        {
            total += escaped.Length;
            response.Headers.Append("Warning", $"299 - \"{escaped}\"");
        }
    }

    /// <summary>Header values are ASCII without control characters; quotes are escaped as RFC 9110 says.</summary>
    private static string Escape(string text)
    {
        var safe = new StringBuilder();
        foreach (var c in text.Length > MaxLength ? text.AsSpan(0, MaxLength) : text)
        {
            safe.Append(
                c is '"' or '\\' ? $"\\{c}"
                : c is >= ' ' and <= '~' ? c.ToString()
                : "?"
            );
        }

        return safe.ToString();
    }
}
