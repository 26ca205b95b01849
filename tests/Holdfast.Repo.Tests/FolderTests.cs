using System.Text.RegularExpressions;

namespace Holdfast.Repo.Tests;

/// <summary>
/// Folders of a room are features, and features have an order: no two may need each other. What is built of all of them
/// (the list of kinds) lies in the room itself, outside of its folders.
/// </summary>
public sealed class FolderTests
{
    /// <summary>References that close a cycle today. The list only shrinks.</summary>
    private static readonly Dictionary<string, string[]> Exceptions = new()
    {
        ["Holdfast.Changes"] = [],
        ["Holdfast.Node"] = [],
    };

    [Theory]
    [InlineData("Holdfast.Changes")]
    [InlineData("Holdfast.Node")]
    public void Folders_of_a_room_do_not_need_each_other(string room)
    {
        var references = ListReferences(room);
        var tolerated = Exceptions[room];
        var cycle = FindCycle([.. references.Where(reference => !tolerated.Contains(reference.ToString()))]);
        Assert.True(cycle is null, $"these folders of {room} need each other: {cycle}");
    }

    [Theory]
    [InlineData("Holdfast.Changes")]
    [InlineData("Holdfast.Node")]
    public void Exceptions_that_are_not_needed_any_more_are_removed(string room)
    {
        var references = ListReferences(room);
        Assert.All(
            Exceptions[room],
            exception =>
            {
                var without = Exceptions[room].Except([exception]);
                var rest = references.Where(reference => !without.Contains(reference.ToString()));
                Assert.True(FindCycle([.. rest]) is not null, $"{exception} closes no cycle any more");
            }
        );
    }

    private static Reference[] ListReferences(string room) =>
        [
            .. RepositoryFiles
                .Sources.Where(file => file.StartsWith($"src/{room}/", StringComparison.Ordinal))
                .Select(file => (Folders: file.Split('/')[2..^1], Text: RepositoryFiles.Read(file)))
                .Where(source => source.Folders.Length > 0)
                .SelectMany(source =>
                    Using(room).Matches(source.Text).Select(m => new Reference(source.Folders[0], m.Groups[1].Value))
                )
                .Where(reference => reference.From != reference.To)
                .Distinct(),
        ];

    private static Regex Using(string room) =>
        new($@"^using (?:\w+ = )?{Regex.Escape(room)}\.(\w+)", RegexOptions.Multiline, TimeSpan.FromSeconds(1));

    /// <summary>Takes away folders that need no other until none is left, or only those that lie on cycles.</summary>
    private static string? FindCycle(List<Reference> references)
    {
        while (references.Count > 0)
        {
            var needing = references.Select(reference => reference.From).ToHashSet();
            if (references.RemoveAll(reference => !needing.Contains(reference.To)) == 0)
            {
                return string.Join(", ", references.OrderBy(reference => reference.ToString(), StringComparer.Ordinal));
            }
        }

        return null;
    }

    private sealed record Reference(string From, string To)
    {
        public override string ToString() => $"{From} -> {To}";
    }
}
