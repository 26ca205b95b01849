using System.Text.RegularExpressions;

namespace Holdfast.Repo.Tests;

/// <summary>Style that a machine can judge. The lists of exceptions only shrink.</summary>
public sealed partial class StyleTests
{
    private const int MaxLines = 400;

    /// <summary>Services are what systemd manages: there the word says what the thing is.</summary>
    private static readonly string[] NamesThatSayWhatTheyAre = ["IServiceManager", "ServiceManagers"];

    /// <summary>Files that are long for a reason.</summary>
    private static readonly string[] LongForAReason = [];

    [Fact]
    public void Types_are_named_after_what_they_are()
    {
        var banned = RepositoryFiles
            .Sources.SelectMany(file =>
                TypeName().Matches(RepositoryFiles.Read(file)).Select(match => match.Groups[1].Value)
            )
            .Concat(RepositoryFiles.Sources.Select(file => Path.GetFileNameWithoutExtension(file)))
            .Where(name => BannedWord().IsMatch(name))
            .Except(NamesThatSayWhatTheyAre);
        Assert.Empty(banned);
    }

    [Fact]
    public void Files_are_short()
    {
        var tooLong = RepositoryFiles
            .Sources.Select(file => (File: file, Lines: RepositoryFiles.Read(file).AsSpan().Count('\n')))
            .Where(source => source.Lines > MaxLines && !LongForAReason.Contains(source.File));
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Nothing_is_left_for_later_and_nothing_private_is_told()
    {
        // Spelled in pieces, or this file would be the first to break its own rule.
        string[] forbidden =
        [
            "TO" + "DO",
            "FIX" + "ME",
            "NotImplemented" + "Exception",
            "/wo" + "rk/",
            "Skip" + " = \"",
        ];
        var found =
            from file in RepositoryFiles.All
            where !file.EndsWith(".png", StringComparison.Ordinal)
            let text = RepositoryFiles.Read(file)
            from word in forbidden
            where text.Contains(word, StringComparison.Ordinal)
            select $"{file}: {word}";
        Assert.Empty(found);
    }

    [Fact]
    public void Namespaces_follow_the_folders()
    {
        var wrong =
            from file in RepositoryFiles.Sources
            where file.StartsWith("src/", StringComparison.Ordinal)
            let match = Namespace().Match(RepositoryFiles.Read(file))
            where match.Success
            let expected = string.Join('.', Path.GetDirectoryName(file)!.Split('/').Skip(1))
            where
                match.Groups[1].Value != expected
                && !match.Groups[1].Value.StartsWith("Holdfast.Kube", StringComparison.Ordinal)
            select $"{file}: {match.Groups[1].Value}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Names_of_fault_points_are_unique()
    {
        var twice = RepositoryFiles
            .Sources.Where(file => file.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(file =>
                FaultPointName().Matches(RepositoryFiles.Read(file)).Select(match => match.Groups[1].Value)
            )
            .GroupBy(name => name)
            .Where(group => group.Count() > 1)
            .Select(group => group.Key);
        Assert.Empty(twice);
    }

    /// <summary>A program that is started to learn something, and does something else: edgecore 1.23 with --version.</summary>
    [Fact]
    public void Programs_are_asked_for_their_version_by_one_list_only()
    {
        var others = RepositoryFiles
            .Sources.Where(file => file.StartsWith("src/Holdfast.Node/", StringComparison.Ordinal))
            .Where(file => !file.EndsWith("/AskablePrograms.cs", StringComparison.Ordinal))
            .Where(file => AsksForVersion(RepositoryFiles.Read(file)));
        Assert.Empty(others);
    }

    private static bool AsksForVersion(string text) =>
        text.Contains("\"--version\"", StringComparison.Ordinal)
        || text.Contains("\"--help\"", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?([A-Z]\w*)")]
    private static partial Regex TypeName();

    [GeneratedRegex("Utils?$|Util[A-Z]|Helpers?(?:[A-Z]|$)|^Common|Common$|Managers?$")]
    private static partial Regex BannedWord();

    [GeneratedRegex(@"^namespace\s+([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex("FaultPoint\\.Reach\\(\"([^\"]+)\"\\)")]
    private static partial Regex FaultPointName();
}
