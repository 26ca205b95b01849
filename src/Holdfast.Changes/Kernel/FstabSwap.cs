using Holdfast.Changes.Files;

namespace Holdfast.Changes.Kernel;

/// <summary>
/// Swap lines of <c>/etc/fstab</c>, commented out so that a person and undo both recognise them. Only where no systemd
/// makes units of them, which can be masked.
/// </summary>
public static class FstabSwap
{
    /// <summary>Stands before a line that was taken out; all after it is the line as it was.</summary>
    private const string Mark = "#holdfast: swap is off# ";

    public static ChangeKind<FileRecord> Kind { get; } = FileChange.KindOf("fstab", Restore);

    public static FileChange Change() =>
        new("/etc/fstab", current => ByteText.Write(CommentOut(ByteText.Read(current))), Kind)
        {
            Title = "/etc/fstab has no swap",
            Why = "swap stays off after a reboot",
        };

    public static string CommentOut(string text) => ForEachLine(text, line => IsSwap(line) ? Mark + line : line);

    public static string Restore(string text) =>
        ForEachLine(text, line => line.StartsWith(Mark, StringComparison.Ordinal) ? line[Mark.Length..] : line);

    private static bool IsSwap(string line)
    {
        var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 3 && fields[0][0] != '#' && fields[2] == "swap";
    }

    private static string ForEachLine(string text, Func<string, string> change) =>
        string.Join('\n', text.Split('\n').Select(change));
}
