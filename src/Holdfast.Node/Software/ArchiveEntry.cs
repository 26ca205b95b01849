using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>What an entry of an archive is; everything else is refused.</summary>
internal enum ArchiveEntryKind
{
    File,
    Directory,
    Link,
}

/// <summary>One path of an archive as it is to be on the machine. Immutable.</summary>
/// <param name="Path">Below the target, parts joined by <c>/</c>, nothing but names.</param>
/// <param name="ModifiedAt">In whole seconds, as most archives have it and every file system can keep it.</param>
/// <param name="Sha256">Of a file.</param>
/// <param name="Target">Of a link.</param>
/// <param name="Staged">Name of the file that holds the content until it is moved to its place.</param>
internal sealed record ArchiveEntry(
    string Path,
    ArchiveEntryKind Kind,
    UnixFileMode Mode,
    FileOwner Owner,
    long Length,
    DateTimeOffset ModifiedAt,
    string? Sha256 = null,
    string? Target = null,
    string? Staged = null
);
