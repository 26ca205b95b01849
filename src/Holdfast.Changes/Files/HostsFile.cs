namespace Holdfast.Changes.Files;

/// <summary>The wanted lines of <c>/etc/hosts</c>, in a marked block; every other line stays as it is.</summary>
public static class HostsFile
{
    public const string Begin = "# BEGIN holdfast";
    public const string End = "# END holdfast";

    private const string FilePath = "/etc/hosts";

    public static ChangeKind<FileRecord> Kind { get; } = FileChange.KindOf("hosts", text => Put(text, []));

    /// <param name="lines">Address, blank, names.</param>
    public static FileChange Change(IReadOnlyList<string> lines) =>
        new(FilePath, current => ByteText.Write(Put(ByteText.Read(current), lines)), Kind)
        {
            Title = lines.Count == 1 ? "/etc/hosts knows 1 host" : $"/etc/hosts knows {lines.Count} hosts",
            Why = "pods and the node reach these machines by name without a name server",
        };

    /// <summary>Puts the lines into the block, which is made at the end of the text when it is missing.</summary>
    /// <exception cref="NodeException">FileNotUnderstood: where the block ends cannot be told.</exception>
    public static string Put(string text, IReadOnlyList<string> lines)
    {
        var all = text.Split('\n').ToList();
        var begin = all.FindIndex(line => line.TrimEnd('\r') == Begin);
        if (begin >= 0)
        {
            var end = all.FindIndex(begin, line => line.TrimEnd('\r') == End);
            all.RemoveRange(begin, end < 0 ? throw LostItsEnd() : end - begin + 1);
        }
        else if (lines.Count == 0)
        {
            return text;
        }
        else
        {
            begin = all[^1].Length == 0 ? all.Count - 1 : all.Count;
        }

        if (lines.Count > 0)
        {
            all.InsertRange(begin, [Begin, .. lines, End]);
        }

        // Undo leaves the line feed that a last line may have lacked, which does no harm: a file that nobody edited since
        // is restored from its original anyway.
        return string.Join('\n', all[^1].Length == 0 ? all : all.Append(""));
    }

    private static NodeException LostItsEnd() =>
        new(
            NodeReason.FileNotUnderstood,
            $"cannot edit {FilePath}: it has the line \"{Begin}\" and none \"{End}\" after it; "
                + "put that line after Holdfast's entries, or remove the first one"
        );
}
