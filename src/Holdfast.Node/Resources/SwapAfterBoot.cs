using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>Swap lines of <c>/etc/fstab</c>, commented out so that a person and undo both recognise them.</summary>
internal static class FstabSwap
{
    public const string Kind = "fstab";

    /// <summary>Stands before a line that was taken out; all after it is the line as it was.</summary>
    private const string Mark = "#holdfast: swap is off# ";

    public static FileResource Resource() =>
        new("/etc/fstab", current => ForeignText.Write(CommentOut(ForeignText.Read(current))))
        {
            Kind = Kind,
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

/// <summary>Unmasks the swap units that the first version masked all at once. Stateless.</summary>
internal sealed class SwapUnitsUndo : IUndo
{
    public const string KindName = "swap-units";

    public string Kind => KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        foreach (var unit in change.Original["units"]!.AsArray())
        {
            await machine.RunAsync(
                new ChildCommand("systemctl", "unmask", (string)unit!),
                MaskedUnitResource.SystemctlTimeout,
                cancellationToken
            );
        }

        return null;
    }
}
