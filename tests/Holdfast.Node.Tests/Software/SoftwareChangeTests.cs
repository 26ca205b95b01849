using Holdfast.Document;
using Holdfast.Node.Software;

namespace Holdfast.Node.Tests.Software;

public sealed class SoftwareChangeTests : IDisposable
{
    private const string Tool = "/usr/local/bin/tool";
    private const string Extra = "/usr/local/bin/extra";

    private static readonly byte[] V1 = new TestArchive()
        .File("bin/tool", "tool 1", 0b111_101_101)
        .File("bin/extra", "extra 1")
        .File("share/conf", "by the makers")
        .ToGzip();

    private static readonly byte[] V2 = new TestArchive()
        .File("bin/tool", "tool 2", 0b111_101_101)
        .File("share/new", "new")
        .ToGzip();

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task A_version_is_installed_seen_as_wanted_and_taken_back()
    {
        node.Write("/usr/local/bin/other", "stays");
        var before = node.Snapshot();

        await node.ApplyAsync(Change(V1));

        Assert.Equal("tool 1", node.Read(Tool));
        Assert.Equal("by the makers", node.Read("/opt/tool/share/conf"));
        Assert.Equal(0, (await node.ApplyAsync(Change(V1))).Changed);
        var undone = await node.UndoAsync();
        Assert.Empty(undone.Notes);
        Assert.Equal(before, node.Snapshot());
        Assert.False(Directory.Exists(node.Paths.DownloadsDirectory));
    }

    [Fact]
    public async Task An_upgrade_switches_the_links_and_undo_removes_every_version()
    {
        var before = node.Snapshot();
        await node.ApplyAsync(Change(V1));
        await node.ApplyAsync(Change(V2));

        Assert.Equal("tool 2", node.Read(Tool));
        Assert.False(node.Machine.Exists(Extra));
        Assert.True(node.Machine.Exists("/opt/tool/share/new"));
        using (var journal = await node.OpenJournalAsync())
        {
            Assert.Single(journal.ListUnproven(NodeKinds.All));
        }

        Assert.Empty((await node.UndoAsync()).Notes);
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_rolled_back_upgrade_leads_to_the_version_before_with_all_its_links()
    {
        await node.ApplyAsync(Change(V1));
        var old = node.Snapshot();
        using (var journal = await node.OpenJournalAsync())
        {
            var plan = await node.PlanAsync(NodeKinds.All, Change(V2));
            await new Applier(NodeKinds.All, node.Machine, journal).ApplyAsync(plan, TemporaryMachine.Never);
            Assert.Equal("tool 2", node.Read(Tool));
            await new Undoer(NodeKinds.All, node.Machine, journal).RollBackAsync(TemporaryMachine.Never);
        }

        Assert.Equal(old, node.Snapshot());
        Assert.Equal(0, (await node.ApplyAsync(Change(V1))).Changed);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("missing")]
    [InlineData("link")]
    public async Task What_is_not_as_it_was_installed_is_found_and_repaired_without_network(string what)
    {
        await node.ApplyAsync(Change(V1));
        File.Delete(new Uri(Spec(V1).Archive.Url.AbsoluteUri).LocalPath);
        var at = Path.GetFullPath(new FileInfo(node.Machine.At(Tool)).LinkTarget!);
        switch (what)
        {
            case "content":
                File.AppendAllText(at, "x");
                break;
            case "mode":
                File.SetUnixFileMode(at, UnixFileMode.UserRead);
                break;
            case "missing":
                File.Delete(at);
                break;
            default:
                File.Delete(node.Machine.At(Tool));
                break;
        }

        Assert.Equal(1, (await node.ApplyAsync(new SoftwareChange(Spec(V1)))).Changed);
        Assert.Equal("tool 1", node.Read(Tool));
        await node.UndoAsync();
        Assert.Equal("", node.Snapshot());
    }

    [Fact]
    public async Task A_file_of_someone_else_is_never_replaced()
    {
        node.Write(Tool, "of a person");
        var before = node.Snapshot();

        var refusal = await Assert.ThrowsAsync<NodeException>(() => node.ApplyAsync(Change(V1)));

        Assert.Contains($"{Tool} is there and is not Holdfast's", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_convenience_is_left_out_where_a_person_has_one_of_their_own()
    {
        node.Write(Extra, "of a person");
        var before = node.Snapshot();
        await node.ApplyAsync(Change(V1));
        Assert.Equal("of a person", node.Read(Extra));
        Assert.Equal(0, (await node.ApplyAsync(Change(V1))).Changed);
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task An_empty_directory_makes_room_for_a_link_and_comes_back()
    {
        Directory.CreateDirectory(node.Machine.At("/opt/tool"));
        var before = node.Snapshot();
        await node.ApplyAsync(Change(V1));
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Files_that_someone_changed_or_added_are_kept_by_undo_and_named()
    {
        await node.ApplyAsync(Change(V1));
        File.WriteAllText(node.Machine.At("/opt/tool/share/conf"), "edited by hand");
        File.WriteAllText(node.Machine.At("/opt/tool/share/mine"), "mine");

        var undone = await node.UndoAsync();

        Assert.Contains("share/conf was changed", Assert.Single(undone.Notes), StringComparison.Ordinal);
        var kept = Directory.GetFiles(Path.Join(node.Paths.ChangesDirectory, "kept"));
        Assert.Equal(["edited by hand", "mine"], kept.Select(File.ReadAllText).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_link_that_someone_turned_stays_and_is_named()
    {
        await node.ApplyAsync(Change(V1));
        File.Delete(node.Machine.At(Tool));
        node.Write(Tool, "of a person");
        Assert.Contains(Tool, Assert.Single((await node.UndoAsync()).Notes), StringComparison.Ordinal);
        Assert.Equal("of a person", node.Read(Tool));
    }

    [Fact]
    public async Task A_hostile_archive_changes_nothing()
    {
        var hostile = new TestArchive().File("bin/tool", "x").Link("bin/out", "../../../etc").ToGzip();
        await Assert.ThrowsAsync<NodeException>(() => node.ApplyAsync(Change(hostile)));
        Assert.Equal("", node.Snapshot());
    }

    private SoftwareChange Change(byte[] archive)
    {
        File.WriteAllBytes(new Uri(Spec(archive).Archive.Url.AbsoluteUri).LocalPath, archive);
        return new SoftwareChange(Spec(archive));
    }

    private SoftwareSpec Spec(byte[] archive)
    {
        var hash = TestArchive.Hash(archive);
        var url = new Uri($"file://{node.Root}/{hash}.tar.gz");
        return new SoftwareSpec("tool", new ArchiveSpec { Url = url, Sha256 = hash })
        {
            Links =
            [
                new SoftwareLink("/opt/tool", ""),
                new SoftwareLink(Tool, "bin/tool"),
                new SoftwareLink(Extra, "bin/extra", IsOptional: true),
            ],
        };
    }
}
