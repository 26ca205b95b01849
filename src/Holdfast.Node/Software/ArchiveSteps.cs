using Holdfast.Node.Facts;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>What a component yields for software that comes from an archive. Pure.</summary>
internal static class ArchiveSteps
{
    /// <summary>The program that decompresses it, where that is missing, and the archive.</summary>
    public static IEnumerable<IStep> For(ArchiveResource archive, MachineFacts facts)
    {
        var format = archive.Archive.Format;
        if (
            Decompression.ProgramOf(format) is { } program
            && Decompression.PackageOf(format) is { } package
            && facts.HasApt
            && !facts.Decompressors.Contains(program)
        )
        {
            yield return new AptPackagesResource(package) { Why = $"it unpacks {archive.Archive.FileName}" };
        }

        yield return archive;
    }
}
