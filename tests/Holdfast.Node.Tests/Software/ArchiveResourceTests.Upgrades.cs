using Holdfast.Node.Apply;
using Holdfast.Node.Resources;
using Holdfast.Node.Services;
using Holdfast.Node.Tests.Resources;

namespace Holdfast.Node.Tests.Software;

/// <summary>Versions that lie on each other, their proof and the way back.</summary>
public sealed partial class ArchiveResourceTests
{
    [Fact]
    public async Task An_upgrade_lies_on_the_old_version_and_can_be_taken_off_again()
    {
        machine.Write("/usr/local/bin/tool", "original");
        var before = machine.Snapshot();
        await ApplyAsync(Resource(V1));
        var first = machine.Snapshot();
        var plan = await PlanAsync(Resource(V2));
        Assert.Empty(plan.Leftovers);
        await ApplyAsync(Resource(V2));
        Assert.Equal("tool 2", machine.Read("/usr/local/bin/tool"));
        Assert.False(machine.Machine.Exists("/usr/local/share/doc/text"), "what only the old version has goes");
        Assert.Equal("new", machine.Read("/usr/local/bin/new"));
        Assert.False((await PlanAsync(Resource(V2))).HasChanges);

        // Back to the old one: the newer is taken off, and with that it is there again.
        plan = await PlanAsync(Resource(V1));
        Assert.Single(plan.Leftovers);
        Assert.Equal(1, (await ApplyAsync(Resource(V1))).TakenBack);
        Assert.Equal(first, machine.Snapshot());
        Assert.False((await PlanAsync(Resource(V1))).HasChanges);

        await ApplyAsync(Resource(V2));
        await UndoAsync();
        Assert.Equal(before, machine.Snapshot());
    }

    [Fact]
    public async Task An_upgrade_waits_for_its_proof_also_after_a_crash()
    {
        await ApplyAsync(Resource(V1));
        Assert.Empty(await ListUnprovenAsync());
        await ApplyAsync(Resource(V2));
        Assert.Single(await ListUnprovenAsync());
        using (var journal = await OpenAsync())
        {
            Unproven.MarkProven(journal, NodeKinds.All);
        }

        Assert.Empty(await ListUnprovenAsync());
        await ApplyAsync(Resource(V3));
        Assert.Contains(TestArchive.Hash(V3), Assert.Single(await ListUnprovenAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_without_proof_is_rolled_back_with_its_whole_run_and_services_follow()
    {
        var service = new ServiceResource(
            new ServiceDefinition("runtime", "runs", ["/usr/local/bin/tool"]),
            ["/usr/local/bin/tool"]
        );
        await ApplyAsync(Resource(V1), new FileResource("/etc/tool.conf", "version = 1\n"), service);
        var first = machine.Snapshot();
        await Task.Delay(100);
        IReadOnlyList<IStep> second = [Resource(V2), new FileResource("/etc/tool.conf", "version = 2\n"), service];
        await RollBackAsync(second);

        Assert.Equal(first, machine.Snapshot());
        Assert.Equal(["restart-known runtime"], machine.Services.Calls);
        Assert.Empty(await ListUnprovenAsync());
        Assert.False((await PlanAsync(Resource(V1), service)).Changes.Any());
        await UndoAsync();
        Assert.Equal("", machine.Snapshot());
    }

    [Fact]
    public async Task An_upgrade_of_a_killed_run_is_rolled_back_from_the_journal_alone()
    {
        var service = new ServiceResource(
            new ServiceDefinition("runtime", "runs", ["/usr/local/bin/tool"]),
            ["/usr/local/bin/tool"]
        );
        await ApplyAsync(Resource(V1), service);
        var first = machine.Snapshot();
        await Task.Delay(100);
        await ApplyAsync(Resource(V2), service);
        machine.Services.Calls.Clear();
        await Task.Delay(100);
        using (var journal = await OpenAsync())
        {
            await new Undoer(NodeKinds.All).RollBackAsync(machine.Machine, journal, null, CancellationToken.None);
        }

        Assert.Equal(first, machine.Snapshot());
        Assert.Equal(["restart-known runtime"], machine.Services.Calls);
    }

    [Fact]
    public async Task A_link_of_the_old_version_becomes_a_directory_and_a_link_again()
    {
        var old = new TestArchive().File("lib64/x", "one").File("lib64/only", "old").Link("lib", "lib64").ToGzip();
        var next = new TestArchive().File("lib64/x", "one").File("lib/x", "two").File("lib/sub/y", "y").ToGzip();
        await ApplyAsync(Resource(old));
        var first = machine.Snapshot();
        await ApplyAsync(Resource(next));

        Assert.Null(new DirectoryInfo(machine.Machine.At("/usr/local/lib")).LinkTarget);
        Assert.Equal("two", machine.Read("/usr/local/lib/x"));
        Assert.Equal("y", machine.Read("/usr/local/lib/sub/y"));
        Assert.Equal("one", machine.Read("/usr/local/lib64/x"));
        Assert.False(machine.Machine.Exists("/usr/local/lib64/only"));
        Assert.False((await PlanAsync(Resource(next))).HasChanges);

        Assert.Equal(1, (await ApplyAsync(Resource(old))).TakenBack);
        Assert.Equal(first, machine.Snapshot());
        await ApplyAsync(Resource(next));
        Assert.Empty((await UndoAsync()).Notes);
        Assert.Equal("", machine.Snapshot());
    }

    /// <summary>What a run leaves that was killed before the first change, after it, or while it was taken back.</summary>
    [Theory]
    [InlineData("link")]
    [InlineData("nothing")]
    [InlineData("directory")]
    public async Task A_link_that_becomes_a_directory_comes_back_from_any_state(string there)
    {
        var old = new TestArchive().File("lib64/x", "one").Link("lib", "lib64").ToGzip();
        var next = new TestArchive().File("lib64/x", "one").File("lib/x", "two").ToGzip();
        await ApplyAsync(Resource(old));
        var first = machine.Snapshot();
        await ApplyAsync(Resource(next));
        var lib = machine.Machine.At("/usr/local/lib");
        Directory.Delete(lib, recursive: true);
        if (there == "link")
        {
            File.CreateSymbolicLink(lib, "lib64");
        }
        else if (there == "directory")
        {
            Directory.CreateDirectory(lib);
        }

        await ApplyAsync(Resource(old));
        Assert.Equal(first, machine.Snapshot());
    }

    [Fact]
    public async Task An_upgrade_that_fails_half_way_leaves_the_old_version()
    {
        await ApplyAsync(Resource(V1));
        var first = machine.Snapshot();
        machine.Write("/usr/local/bin/new/in/the/way", "x");
        var withObstacle = machine.Snapshot();
        await Assert.ThrowsAsync<NodeException>(() => ApplyAsync(Resource(V2)));
        Assert.Equal(withObstacle, machine.Snapshot());
        Directory.Delete(machine.Machine.At("/usr/local/bin/new"), recursive: true);
        Assert.Equal(first, machine.Snapshot());
        Assert.True((await InspectAsync(Resource(V1))).IsAsWanted);
    }
}
