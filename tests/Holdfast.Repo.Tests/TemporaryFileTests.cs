using System.Text.RegularExpressions;

namespace Holdfast.Repo.Tests;

/// <summary>
/// Temporary files of a program that runs as root lie in directories of mode 0700 that <c>WorkDirectory</c> makes, or
/// beside the file that they become. Directories that everybody can write are not used at all.
/// </summary>
public sealed partial class TemporaryFileTests
{
    [Fact]
    public void The_program_uses_no_directory_that_others_can_write()
    {
        var found =
            from file in RepositoryFiles.Sources
            where file.StartsWith("src/", StringComparison.Ordinal)
            from Match match in SharedPlace().Matches(RepositoryFiles.Read(file))
            select $"{file}: {match.Value}";
        Assert.Empty(found);
    }

    [Fact]
    public void Modes_that_let_others_write_are_given_to_nothing()
    {
        var found =
            from file in RepositoryFiles.Sources
            where file.StartsWith("src/Holdfast.Node/", StringComparison.Ordinal)
            where !InsideImages.Contains(file)
            from Match match in OpenMode().Matches(RepositoryFiles.Read(file))
            select $"{file}: {match.Value}";
        Assert.Empty(found);
    }

    /// <summary>The file system of an image has a <c>/tmp</c> of its own.</summary>
    private static readonly string[] InsideImages = ["src/Holdfast.Node/Runtimes/Images/BusyboxImage.cs"];

    [GeneratedRegex(
        @"GetTempPath|GetTempFileName|GetRandomFileName|CreateTempSubdirectory|""/(var/)?tmp\b|/dev/shm",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SharedPlace();

    [GeneratedRegex(
        @"UnixFileMode\.OtherWrite|0b111_111_111|0b110_110_110",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex OpenMode();
}
