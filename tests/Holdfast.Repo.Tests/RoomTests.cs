using System.Xml.Linq;

namespace Holdfast.Repo.Tests;

/// <summary>Who may know whom. The rooms in the middle meet at the store and never reference each other.</summary>
public sealed class RoomTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Holdfast.Kube"] = [],
        ["Holdfast.Linux"] = [],
        ["Holdfast.Cri"] = ["Holdfast.Kube", "Holdfast.Linux"],
        ["Holdfast.Store"] = ["Holdfast.Kube", "Holdfast.Linux"],
        ["Holdfast.Document"] = ["Holdfast.Kube", "Holdfast.Linux"],
        ["Holdfast.Changes"] = ["Holdfast.Linux"],
        ["Holdfast.Node"] =
        [
            "Holdfast.Kube",
            "Holdfast.Changes",
            "Holdfast.Document",
            "Holdfast.Linux",
            "Holdfast.Cri",
        ],
        ["Holdfast.Agent"] = ["Holdfast.Kube", "Holdfast.Linux", "Holdfast.Cri", "Holdfast.Store"],
        ["Holdfast.Hub"] = ["Holdfast.Kube", "Holdfast.Linux", "Holdfast.Store"],
        ["Holdfast"] =
        [
            "Holdfast.Kube",
            "Holdfast.Linux",
            "Holdfast.Cri",
            "Holdfast.Store",
            "Holdfast.Document",
            "Holdfast.Changes",
            "Holdfast.Node",
            "Holdfast.Agent",
            "Holdfast.Hub",
        ],
    };

    public static TheoryData<string> Rooms =>
        [.. RepositoryFiles.All.Where(file => file.StartsWith("src/") && file.EndsWith(".csproj"))];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_references_only_the_rooms_below_it(string project)
    {
        var room = Path.GetFileNameWithoutExtension(project);
        Assert.True(Allowed.ContainsKey(room), $"{room} is a new room: say here what it may reference");
        var references = XDocument
            .Parse(RepositoryFiles.Read(project))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.Empty(references.Except(Allowed[room]));
    }

    [Fact]
    public void Every_room_has_tests()
    {
        var rooms = Allowed.Keys.Where(room => room != "Holdfast");
        Assert.All(rooms, room => Assert.True(RepositoryFiles.Has($"tests/{room}.Tests"), $"{room} has no tests"));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = RepositoryFiles.Read("Holdfast.slnx");
        var projects = RepositoryFiles.All.Where(file => file.EndsWith(".csproj"));
        Assert.All(projects, project => Assert.Contains(project, solution));
    }
}
