using Holdfast.Node.Facts;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>What a component yields for software from an archive: the program that decompresses it where it is missing, and the archive. Pure.</summary>
internal static class ArchiveSteps
{
    public static IEnumerable<IResource> For(ArchiveResource archive, MachineFacts facts)
    {
        yield return archive;
    }
}
