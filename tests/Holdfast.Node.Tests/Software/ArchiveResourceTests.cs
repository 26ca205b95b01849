using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Apply;
using Holdfast.Node.Plan;
using Holdfast.Node.Resources;
using Holdfast.Node.Software;
using Holdfast.Node.Tests.Resources;
using Xunit.Abstractions;

namespace Holdfast.Node.Tests.Software;

public sealed partial class ArchiveResourceTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryMachine machine = new();

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task Archive_is_unpacked_seen_as_wanted_and_taken_back()
    {
        machine.Write("/usr/local/bin/other", "stays");
        machine.Write("/usr/local/bin/tool", "of a person", UnixFileMode.UserRead);
        var before = machine.Snapshot();
        var resource = Resource(V1);

        Assert.False((await InspectAsync(resource)).IsAsWanted);
        await ApplyAsync(resource);
        Assert.True((await InspectAsync(resource)).IsAsWanted);
        Assert.Equal("tool 1", machine.Read("/usr/local/bin/tool"));
        Assert.Equal("tool", new FileInfo(machine.Machine.At("/usr/local/bin/alias")).LinkTarget);
        Assert.Equal(TestArchive.Time, machine.Machine.Status("/usr/local/bin/tool")!.ModifiedAt);
        Assert.Equal(0b111_101_101, (int)machine.Machine.Status("/usr/local/bin/tool")!.Mode);
        Assert.Equal(0, (await ApplyAsync(resource)).Changed);

        var undone = await UndoAsync();
        Assert.Empty(undone.Notes);
        Assert.Equal(before, machine.Snapshot());
        Assert.False(Directory.Exists(machine.Paths.DownloadsDirectory));
        Assert.False(Directory.Exists(machine.Paths.StagingDirectory));
        Assert.False(Directory.Exists(machine.Paths.ManifestsDirectory));
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("missing")]
    [InlineData("link")]
    [InlineData("same length and another time")]
    public async Task Drift_is_found_and_repaired_and_only_what_drifted_is_touched(string what)
    {
        var resource = Resource(V1);
        await ApplyAsync(resource);
        var untouched = machine.Machine.Status("/usr/local/share/doc/text")!.Inode;
        var tool = machine.Machine.At("/usr/local/bin/tool");
        switch (what)
        {
            case "content":
                File.AppendAllText(tool, "x");
                break;
            case "mode":
                File.SetUnixFileMode(tool, UnixFileMode.UserRead);
                break;
            case "missing":
                File.Delete(tool);
                break;
            case "link":
                File.Delete(machine.Machine.At("/usr/local/bin/alias"));
                File.CreateSymbolicLink(machine.Machine.At("/usr/local/bin/alias"), "other");
                break;
            default:
                File.WriteAllText(tool, "tool 9");
                break;
        }

        Assert.False((await InspectAsync(resource)).IsAsWanted);
        await ApplyAsync(resource);
        Assert.True((await InspectAsync(resource)).IsAsWanted);
        Assert.Equal("tool 1", machine.Read("/usr/local/bin/tool"));
        Assert.Equal(untouched, machine.Machine.Status("/usr/local/share/doc/text")!.Inode);
        await UndoAsync();
        Assert.Equal("", machine.Snapshot());
    }

    [Fact]
    public async Task A_touched_file_is_no_drift()
    {
        var resource = Resource(V1);
        await ApplyAsync(resource);
        File.SetLastWriteTimeUtc(machine.Machine.At("/usr/local/bin/tool"), DateTime.UnixEpoch);
        Assert.True((await InspectAsync(resource)).IsAsWanted);
    }

    [Fact]
    public async Task A_repair_changes_no_time_of_what_is_right_and_puts_a_wrong_one_right()
    {
        // By its ctime a service is found to be older than its program: a repair must not touch what is as it should be.
        var resource = Resource(V1);
        await ApplyAsync(resource);
        var (text, tool) = (machine.Machine.At("/usr/local/share/doc/text"), machine.Machine.At("/usr/local/bin/tool"));
        var before = FileStatus.Read(text)!.ChangedAt;
        File.SetLastWriteTimeUtc(tool, DateTime.UnixEpoch);
        File.Delete(machine.Machine.At("/usr/local/bin/alias"));
        await ApplyAsync(resource);
        Assert.Equal(before, FileStatus.Read(text)!.ChangedAt);
        Assert.Equal(TestArchive.Time, FileStatus.Read(tool)!.ModifiedAt);
    }

    [Fact]
    public async Task A_look_at_thousands_of_files_reads_none_of_them()
    {
        var archive = new TestArchive();
        for (var i = 0; i < 3000; i++)
        {
            archive.File($"share/{i % 30}/file-{i}", "content");
        }

        var resource = Resource(archive.ToGzip());
        await ApplyAsync(resource);
        var path = machine.Machine.At("/usr/local/share/0/file-0");
        File.WriteAllText(path, "CONTENT");
        File.SetLastWriteTimeUtc(path, TestArchive.Time.UtcDateTime);
        var start = TimeProvider.System.GetTimestamp();
        Assert.True((await InspectAsync(resource)).IsAsWanted);
        output.WriteLine($"{TimeProvider.System.GetElapsedTime(start).TotalMilliseconds} ms");
    }

    [Fact]
    public async Task A_wrong_checksum_changes_nothing()
    {
        var before = machine.Snapshot();
        var wrong = Spec(V1) with { Sha256 = new string('a', 64) };
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(new ArchiveResource("tool", wrong, "/usr/local"))
        );
        Assert.Equal(NodeReason.ArchiveRefused, failure.Reason);
        Assert.Contains("nothing was changed", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, machine.Snapshot());
        Assert.Empty(await ReadChangesAsync());
        Assert.Empty(Directory.GetFiles(machine.Paths.DownloadsDirectory));
    }

    [Fact]
    public async Task A_hostile_archive_changes_nothing()
    {
        var before = machine.Snapshot();
        var hostile = new TestArchive().File("bin/tool", "x").Link("bin/out", "../../../etc").ToGzip();
        var failure = await Assert.ThrowsAsync<NodeException>(() => ApplyAsync(Resource(hostile)));
        Assert.Contains("out of /usr/local", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, machine.Snapshot());
        Assert.Empty(await ReadChangesAsync());
        Assert.False(Directory.Exists(machine.Paths.StagingDirectory));
    }

    [Fact]
    public async Task Directories_that_are_there_keep_their_mode_and_links_to_directories_are_followed()
    {
        Directory.CreateDirectory(machine.Machine.At("/usr/lib"));
        File.SetUnixFileMode(machine.Machine.At("/usr"), (UnixFileMode)0b111_000_000);
        File.CreateSymbolicLink(machine.Machine.At("/lib"), "usr/lib");
        File.CreateSymbolicLink(machine.Machine.At("/bin"), "usr/../usr/bin");
        Directory.CreateDirectory(machine.Machine.At("/usr/bin"));
        var before = machine.Snapshot();
        var archive = new TestArchive()
            .Directory("./", 0b111_111_111)
            .Directory("usr/", 0b111_111_111)
            .Directory("lib/", 0b111_111_111)
            .File("lib/systemd/system/x.service", "[Unit]\n")
            .File("bin/x", "x")
            .ToGzip();
        await ApplyAsync(Resource(archive, "/"));

        Assert.Equal("[Unit]\n", machine.Read("/usr/lib/systemd/system/x.service"));
        Assert.Equal("x", machine.Read("/usr/bin/x"));
        Assert.Equal(0b111_000_000, (int)machine.Machine.Status("/usr")!.Mode);
        Assert.Equal("usr/lib", new FileInfo(machine.Machine.At("/lib")).LinkTarget);
        Assert.True((await InspectAsync(Resource(archive, "/"))).IsAsWanted);
        await UndoAsync();
        Assert.Equal(before, machine.Snapshot());
    }

    [Theory]
    [InlineData("/usr/local/bin/tool/is/a/directory", "it is a directory")]
    [InlineData("/usr/local/share", "a directory must be there")]
    public async Task What_is_in_the_way_is_named_and_left_alone(string path, string words)
    {
        machine.Write(path, "x");
        var before = machine.Snapshot();
        var failure = await Assert.ThrowsAsync<NodeException>(() => ApplyAsync(Resource(V1)));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, machine.Snapshot());
    }

    [Fact]
    public async Task A_dangling_or_circular_directory_link_is_named()
    {
        Directory.CreateDirectory(machine.Machine.At("/usr/local"));
        File.CreateSymbolicLink(machine.Machine.At("/usr/local/bin"), "/gone");
        var failure = await Assert.ThrowsAsync<NodeException>(() => ApplyAsync(Resource(V1)));
        Assert.Contains("where no directory is", failure.Message, StringComparison.Ordinal);
        File.Delete(machine.Machine.At("/usr/local/bin"));
        File.CreateSymbolicLink(machine.Machine.At("/usr/local/bin"), "bin");
        failure = await Assert.ThrowsAsync<NodeException>(() => ApplyAsync(Resource(V1)));
        Assert.Contains("circle", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_changed_since_is_kept_when_taken_back()
    {
        machine.Write("/usr/local/bin/tool", "original");
        var before = machine.Snapshot();
        await ApplyAsync(Resource(V1));
        machine.Write("/usr/local/bin/tool", "edited");
        machine.Write("/usr/local/share/doc/new", "of a person");
        var undone = await UndoAsync();
        Assert.Contains("kept as", Assert.Single(undone.Notes), StringComparison.Ordinal);
        var kept = Assert.Single(Directory.GetFiles(Path.Join(machine.Paths.ChangesDirectory, "kept")));
        Assert.Equal("edited", File.ReadAllText(kept));
        Assert.Equal("of a person", machine.Read("/usr/local/share/doc/new"));
        machine.Machine.Remove("/usr/local/share/doc/new");
        Directory.Delete(machine.Machine.At("/usr/local/share"), recursive: true);
        Assert.Equal(before, machine.Snapshot());
    }

    [Fact]
    public async Task A_file_that_was_changed_since_is_kept_when_a_repair_replaces_it()
    {
        await ApplyAsync(Resource(V1));
        machine.Write("/usr/local/share/doc/text", "edited by hand");
        File.SetUnixFileMode(machine.Machine.At("/usr/local/bin/tool"), UnixFileMode.UserRead);
        await ApplyAsync(Resource(V1));
        Assert.Equal("text", machine.Read("/usr/local/share/doc/text"));
        var directory = Path.Join(machine.Paths.ChangesDirectory, "kept");
        Assert.Equal("edited by hand", File.ReadAllText(Assert.Single(Directory.GetFiles(directory))));
        Assert.Equal(0b111_000_000, (int)File.GetUnixFileMode(directory));
    }

    [Fact]
    public async Task Editable_files_may_differ_but_must_be_there()
    {
        var resource = new ArchiveResource("tool", Spec(V1), "/usr/local")
        {
            IsEditable = path => path.EndsWith("/text", StringComparison.Ordinal),
        };
        await ApplyAsync(resource);
        machine.Write("/usr/local/share/doc/text", "edited");
        Assert.True((await InspectAsync(resource)).IsAsWanted);
        machine.Machine.Remove("/usr/local/share/doc/text");
        Assert.False((await InspectAsync(resource)).IsAsWanted);
    }

    [Fact]
    public async Task Software_that_is_not_wanted_any_more_is_taken_back_with_all_its_versions()
    {
        var before = machine.Snapshot();
        await ApplyAsync(Resource(V1));
        await ApplyAsync(Resource(V2));
        var plan = await PlanAsync();
        Assert.Equal(2, plan.Leftovers.Count);
        await ApplyAsync();
        Assert.Equal(before, machine.Snapshot());
    }

    [Fact]
    public async Task A_repair_needs_no_network_and_leaves_one_archive()
    {
        var resource = Resource(V1);
        await ApplyAsync(resource);
        File.Delete(new Uri(Spec(V1).Url.AbsoluteUri).LocalPath);
        machine.Machine.Remove("/usr/local/bin/tool");
        await ApplyAsync(resource);
        Assert.Equal("tool 1", machine.Read("/usr/local/bin/tool"));
        await ApplyAsync(Resource(V2));
        Assert.Equal(
            TestArchive.Hash(V2),
            Path.GetFileName(Assert.Single(Directory.GetFiles(machine.Paths.DownloadsDirectory)))
        );
    }

    [Fact]
    public async Task A_repair_asks_for_no_published_checksum_either()
    {
        var sums = Path.Join(machine.Root, "SUMS");
        File.WriteAllText(sums, $"{TestArchive.Hash(V1)}  {Spec(V1).FileName}\n");
        var spec = Spec(V1) with { Sha256 = null, Sha256Url = new Uri($"file://{sums}") };
        var resource = new ArchiveResource("tool", spec, "/usr/local");
        await ApplyAsync(resource);
        File.Delete(sums);
        machine.Machine.Remove("/usr/local/bin/tool");
        await ApplyAsync(resource);
        Assert.Equal("tool 1", machine.Read("/usr/local/bin/tool"));
    }

    private static readonly byte[] V1 = new TestArchive()
        .Directory("bin/")
        .File("bin/tool", "tool 1", 0b111_101_101)
        .Link("bin/alias", "tool")
        .File("share/doc/text", "text")
        .ToGzip();

    private static readonly byte[] V2 = new TestArchive()
        .File("bin/tool", "tool 2", 0b111_101_101)
        .File("bin/alias", "a file now")
        .File("bin/new", "new")
        .ToGzip();

    private static readonly byte[] V3 = new TestArchive().File("bin/tool", "tool 3", 0b111_101_101).ToGzip();

    private ArchiveSpec Spec(byte[] archive)
    {
        var hash = TestArchive.Hash(archive);
        var file = Path.Join(machine.Root, $"{hash}.tar.gz");
        if (!File.Exists(file) && !Directory.Exists(machine.Paths.ManifestsDirectory) || archive != V1)
        {
            File.WriteAllBytes(file, archive);
        }

        return new ArchiveSpec
        {
            Url = new Uri($"file://{file}"),
            Sha256 = hash,
            Format = ArchiveFormat.Gzip,
        };
    }

    private ArchiveResource Resource(byte[] archive, string target = "/usr/local") =>
        new("tool", Spec(archive), target);

    private Task<Inspection> InspectAsync(IResource resource) =>
        resource.InspectAsync(machine.Machine, CancellationToken.None);

    private async Task<NodePlan> PlanAsync(params IReadOnlyList<IStep> resources)
    {
        var ids = resources.Select(step => step.Resolve()).OfType<Change>().Select(change => change.Id).ToHashSet();
        return await NodePlan.MakeAsync(
            resources.Select(step => ("all", step)),
            NodeKinds.All,
            machine.Machine,
            (change, changes) => Planner.IsWanted(change, changes, ids, []),
            CancellationToken.None
        );
    }

    private async Task<ApplyResult> ApplyAsync(params IReadOnlyList<IStep> resources)
    {
        var plan = await PlanAsync(resources);
        using var journal = await OpenAsync();
        return await new Applier(NodeKinds.All).ApplyAsync(
            plan,
            machine.Machine,
            journal,
            null,
            CancellationToken.None
        );
    }

    /// <summary>An upgrade that does not stand its proof.</summary>
    private async Task RollBackAsync(IReadOnlyList<IStep> steps)
    {
        var plan = await PlanAsync(steps);
        using var journal = await OpenAsync();
        var applier = new Applier(NodeKinds.All);
        var run = await applier.ApplyAsync(plan, machine.Machine, journal, null, CancellationToken.None);
        Assert.Equal(steps.Count, run.Changed);
        machine.Services.Calls.Clear();
        await Task.Delay(100);
        var undoer = new Undoer(NodeKinds.All);
        var result = await undoer.RollBackAsync(machine.Machine, journal, null, CancellationToken.None);
        Assert.Empty(result.Failures);
    }

    private async Task<UndoResult> UndoAsync()
    {
        using var journal = await OpenAsync();
        return await new Undoer(NodeKinds.All).UndoAllAsync(machine.Machine, journal, null, CancellationToken.None);
    }

    private Task<ChangeJournal> OpenAsync() =>
        ChangeJournal.OpenAsync(machine.Paths, TimeProvider.System, CancellationToken.None);

    private async Task<IReadOnlyList<string>> ListUnprovenAsync()
    {
        using var journal = await ReadAsync();
        return Unproven.ListTitles(journal, NodeKinds.All);
    }

    private Task<ChangeJournal> ReadAsync() =>
        ChangeJournal.ReadAsync(machine.Paths, TimeProvider.System, CancellationToken.None);

    private async Task<IReadOnlyList<ChangeSummary>> ReadChangesAsync()
    {
        using var journal = await ReadAsync();
        return journal.Changes;
    }
}
