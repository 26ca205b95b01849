using Holdfast.Document;

namespace Holdfast.Node.Resources;

/// <summary>The wanted entries of <c>/etc/hosts</c>, in a marked block; every other line stays as it is.</summary>
internal static class HostsFile
{
    public const string Kind = "hosts";
    private const string FilePath = "/etc/hosts";

    public static FileResource Resource(IReadOnlyList<HostEntry> entries)
    {
        var lines = entries.Select(entry => $"{entry.Address} {string.Join(' ', entry.Names)}").ToArray();
        return new FileResource(FilePath, current => Edit(current, lines))
        {
            Kind = Kind,
            Title = entries.Count == 1 ? "/etc/hosts knows 1 host" : $"/etc/hosts knows {entries.Count} hosts",
            Why = "pods and the node reach these machines by name without a name server",
        };
    }

    private static byte[] Edit(byte[]? current, IReadOnlyList<string> lines)
    {
        var text = ForeignText.Read(current);
        return MarkedBlock.HasLostItsEnd(text)
            ? throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot edit {FilePath}: it has the line \"{MarkedBlock.Begin}\" and none \"{MarkedBlock.End}\" after it; "
                    + "put that line after Holdfast's entries, or remove the first one"
            )
            : ForeignText.Write(MarkedBlock.Put(text, lines));
    }
}
