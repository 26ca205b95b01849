using System.Net;

namespace Holdfast.Node.Doctor;

/// <summary>A line of <c>/etc/hosts</c> outside of Holdfast's block.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Names">At least one, as written.</param>
public sealed record HostsLine(int Line, IPAddress Address, IReadOnlyList<string> Names)
{
    public bool Has(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Every line outside of our own block.</summary>
    internal static async Task<IReadOnlyList<HostsLine>> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var text = await machine.ReadTextAsync("/etc/hosts", cancellationToken) ?? "";
        return [.. Parse(text)];
    }

    internal static IEnumerable<HostsLine> Parse(string text)
    {
        var isOurs = false;
        foreach (var (index, line) in text.Split('\n').Index())
        {
            var plain = line.TrimEnd('\r');
            isOurs = plain == HostsFile.Begin || (isOurs && plain != HostsFile.End);
            var words = plain.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (!isOurs && words.Length > 1 && IPAddress.TryParse(words[0], out var address))
            {
                yield return new HostsLine(index + 1, address, words[1..]);
            }
        }
    }
}
