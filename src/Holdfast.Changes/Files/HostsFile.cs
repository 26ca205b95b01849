namespace Holdfast.Changes.Files;

/// <summary>The wanted lines of <c>/etc/hosts</c>, in a marked block; every other line stays as it is.</summary>
public static class HostsFile
{
    private const string FilePath = "/etc/hosts";

    public static ChangeKind<FileRecord> Kind { get; } = FileChange.KindOf("hosts", MarkedBlock.Remove);

    /// <param name="lines">Address, blank, names.</param>
    public static FileChange Change(IReadOnlyList<string> lines) =>
        new(FilePath, current => Edit(current, lines), Kind)
        {
            Title = lines.Count == 1 ? "/etc/hosts knows 1 host" : $"/etc/hosts knows {lines.Count} hosts",
            Why = "pods and the node reach these machines by name without a name server",
        };

    private static byte[] Edit(byte[]? current, IReadOnlyList<string> lines)
    {
        var text = ByteText.Read(current);
        return MarkedBlock.HasLostItsEnd(text)
            ? throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot edit {FilePath}: it has the line \"{MarkedBlock.Begin}\" and none \"{MarkedBlock.End}\" after it; "
                    + "put that line after Holdfast's entries, or remove the first one"
            )
            : ByteText.Write(MarkedBlock.Put(text, lines));
    }
}
