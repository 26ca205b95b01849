using System.Text.RegularExpressions;

namespace Holdfast.Node.Runtimes;

/// <summary>The lines of a runtime's log that say why it does not work.</summary>
internal static partial class RuntimeLogErrors
{
    /// <summary>A start logs about 60 lines.</summary>
    private const int LinesToRead = 200;

    private const int LinesToShow = 3;

    /// <summary>The complaints, as a part of a message; empty when the log is.</summary>
    public static async Task<string> ReadAsync(Machine machine, string service, CancellationToken cancellationToken)
    {
        var lines = Choose(await machine.Services.ReadLastLinesAsync(service, LinesToRead, cancellationToken));
        return lines.Count == 0 ? "" : $"last log lines: {string.Join(" | ", lines)}; ";
    }

    /// <summary>The last complaints of the last start, without times and levels; the last lines when it did not complain.</summary>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> lines)
    {
        var start = lines.ToList().FindLastIndex(IsStart);
        var last = lines.Skip(Math.Max(start, 0)).ToList();
        var complaints = last.Where(IsComplaint).ToList();
        return [.. (complaints.Count > 0 ? complaints : last).TakeLast(LinesToShow).Select(Shorten)];
    }

    private static bool IsStart(string line) =>
        line.Contains("msg=\"starting containerd\"", StringComparison.Ordinal)
        || line.Contains("msg=\"Starting CRI-O", StringComparison.Ordinal);

    private static bool IsComplaint(string line) =>
        line.Contains("level=error", StringComparison.Ordinal)
        || line.Contains("level=fatal", StringComparison.Ordinal)
        || line.Contains("failed to load plugin io.containerd.grpc.v1.cri", StringComparison.Ordinal)
        || line.Contains("failed to load plugin io.containerd.cri", StringComparison.Ordinal)
        || line.StartsWith("containerd: ", StringComparison.Ordinal)
        // CRI-O leaves a handler out that it cannot use, and starts.
        || line.Contains("level=warning msg=\"Runtime handler", StringComparison.Ordinal);

    private static string Shorten(string line) => Decoration().Replace(line, "").Trim();

    [GeneratedRegex(
        """^.*?(?=msg=)|\btype=io\.containerd\.\S+$""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Decoration();
}
