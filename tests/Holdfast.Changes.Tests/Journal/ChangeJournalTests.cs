using System.Text.Json;
using Holdfast.Changes.Engine;
using Holdfast.Changes.Journal;
using Holdfast.Changes.Kernel;

namespace Holdfast.Changes.Tests.Journal;

public sealed class ChangeJournalTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    private string JournalPath => Path.Join(node.Paths.ChangesDirectory, "journal.jsonl");

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task What_was_recorded_is_read_again_by_another_process()
    {
        using (var journal = await node.OpenJournalAsync())
        {
            var entry = Record(journal, "a", "1");
            journal.MarkDone(entry);
            Record(journal, "b", "2");
        }

        using var again = await node.OpenJournalAsync();
        Assert.Equal(["sysctl:a", "sysctl:b"], again.Changes.Select(change => change.Id));
        var first = again.FindOpen("sysctl:a")!;
        Assert.Equal(EntryState.Done, first.State);
        Assert.Equal("1", ValueOf(first));
        Assert.Single(first.History.Records);
        Assert.Equal(EntryState.Recorded, again.FindOpen("sysctl:b")!.State);
    }

    [Fact]
    public async Task What_was_undone_and_settled_stays_so_for_another_process()
    {
        using (var journal = await node.OpenJournalAsync())
        {
            var entry = Record(journal, "x", "first");
            journal.MarkUndone(entry);
            journal.MarkSettled([entry]);
            Record(journal, "x", "second");
        }

        using var again = await node.OpenJournalAsync();
        Assert.Equal([true, false], again.Entries.Select(entry => entry.IsSettled));
        Assert.Single(again.Changes);
    }

    [Fact]
    public async Task Second_record_of_a_change_in_force_keeps_the_first_original()
    {
        using var journal = await node.OpenJournalAsync();
        Record(journal, "x", "first");
        var entry = Record(journal, "x", "second");
        Assert.Equal("first", ValueOf(entry));
        Assert.Equal(2, entry.History.Records.Count);
    }

    [Fact]
    public async Task When_a_change_was_adjusted_is_known_to_other_processes()
    {
        IReadOnlyList<ChangeSummary> changes;
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "x", "first");
            await Task.Delay(TimeSpan.FromMilliseconds(2));
            Record(journal, "x", "second");
            changes = journal.Changes;
        }

        Assert.True(changes[0].LastAt > changes[0].At);
        using var again = await node.OpenJournalAsync();
        Assert.Equal(changes, again.Changes);
    }

    [Fact]
    public async Task Change_made_again_after_its_undo_has_a_new_original()
    {
        using var journal = await node.OpenJournalAsync();
        journal.MarkUndone(Record(journal, "x", "first"));
        Assert.Equal("second", ValueOf(Record(journal, "x", "second")));
    }

    [Fact]
    public async Task Line_cut_short_by_a_power_cut_is_dropped_wherever_the_cut_is()
    {
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "a", "1");
        }

        var whole = File.ReadAllBytes(JournalPath).Length;
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "b", "2");
        }

        var bytes = File.ReadAllBytes(JournalPath);
        for (var cut = whole; cut < bytes.Length; cut += 7)
        {
            File.WriteAllBytes(JournalPath, bytes[..cut]);
            using (var journal = await node.OpenJournalAsync())
            {
                Assert.NotNull(journal.FindOpen("sysctl:a"));
                Record(journal, "c", "3");
            }

            using var again = await node.OpenJournalAsync();
            Assert.Equal("3", ValueOf(again.FindOpen("sysctl:c")!));
        }
    }

    [Fact]
    public async Task Line_that_makes_no_sense_is_an_error_and_not_skipped()
    {
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "a", "1");
        }

        File.AppendAllText(JournalPath, "{\"event\":\"done\",\"id\":\"never recorded\"}\n");
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.OpenJournalAsync());
        Assert.Equal(NodeReason.JournalCorrupt, failure.Reason);
        Assert.Contains("line 2", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A file system may have made the file longer before it had written all of it.</summary>
    [Fact]
    public async Task Last_line_that_was_torn_is_dropped_also_when_its_end_is_there()
    {
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "a", "1");
        }

        var whole = File.ReadAllBytes(JournalPath);
        File.AppendAllText(JournalPath, "{\"event\":\"done\",\0\0\0\0\0\0\n");
        using (var journal = await node.OpenJournalAsync())
        {
            Assert.Single(journal.Changes);
            Record(journal, "b", "2");
        }

        Assert.True(File.ReadAllBytes(JournalPath).AsSpan().StartsWith(whole));
        using var again = await node.OpenJournalAsync();
        Assert.Equal(2, again.Changes.Count);
    }

    /// <summary>Its removal would let two processes hold a lock, on two files.</summary>
    [Fact]
    public async Task Lock_file_stays_when_everything_is_undone()
    {
        await node.ApplyAsync(new SysctlChange("vm.x", "1") { Condition = (_, _) => Skip() });
        await node.UndoAsync();
        Assert.True(File.Exists(Path.Join(node.Paths.ChangesDirectory, "lock")));
        Assert.False(ChangeJournal.Exists(node.Paths));

        static Task<Inspection?> Skip() => Task.FromResult<Inspection?>(Inspection.AsWanted("not needed"));
    }

    [Fact]
    public async Task Journal_is_made_for_root_alone()
    {
        var seen = new List<UnixFileMode>();
        Directory.CreateDirectory(node.Paths.ChangesDirectory);
        using var watcher = new FileSystemWatcher(node.Paths.ChangesDirectory, "journal.jsonl");
        watcher.Created += (_, created) => seen.Add(File.GetUnixFileMode(created.FullPath));
        watcher.EnableRaisingEvents = true;
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "a", "1");
        }

        await Task.Delay(100);
        Assert.Equal([UnixFileMode.UserRead | UnixFileMode.UserWrite], seen);
    }

    [Fact]
    public async Task Runs_are_layers_and_each_has_its_number()
    {
        using (var journal = await node.OpenJournalAsync())
        {
            Record(journal, "a", "1");
        }

        using (var journal = await node.OpenJournalAsync())
        {
            var entry = Record(journal, "a", "2");
            Record(journal, "b", "3");
            Assert.False(entry.HistoryBefore(journal.Run)!.IsWhole);
            Assert.Null(entry.HistoryBefore(journal.Run + 1));
        }

        var numbers = File.ReadAllLines(JournalPath)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("run"));
        Assert.Equal([1, 2, 2], numbers.Select(number => number.GetInt32()));
    }

    [Fact]
    public async Task Two_cannot_change_the_machine_at_once_but_one_can_read()
    {
        using var journal = await node.OpenJournalAsync();
        Record(journal, "a", "1");
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.OpenJournalAsync());
        Assert.Equal(NodeReason.Busy, failure.Reason);
        Assert.Contains($"process {Environment.ProcessId}", failure.Message, StringComparison.Ordinal);

        using var reader = await ChangeJournal.ReadAsync(node.Paths, TimeProvider.System, TemporaryMachine.Never);
        Assert.Single(reader.Changes);
    }

    [Fact]
    public async Task The_journal_is_held_by_whoever_changes_the_machine_and_by_nobody_else()
    {
        Assert.False(ChangeJournal.IsHeld(node.Paths));
        using (await node.OpenJournalAsync())
        {
            Assert.True(ChangeJournal.IsHeld(node.Paths));
            using var reader = await ChangeJournal.ReadAsync(node.Paths, TimeProvider.System, TemporaryMachine.Never);
            Assert.True(ChangeJournal.IsHeld(node.Paths));
        }

        // The file still names this process, which lives: as after a reboot the daemon may have an old number.
        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(Path.Join(node.Paths.ChangesDirectory, "lock")));
        Assert.False(ChangeJournal.IsHeld(node.Paths));
    }

    private static JournalEntry Record(ChangeJournal journal, string name, string value) =>
        journal.Record(
            new SysctlChange(name, "wanted"),
            "group",
            JsonSerializer.SerializeToElement(new SysctlRecord(name, "wanted", value), ChangesJson.Default.SysctlRecord)
        );

    private static string? ValueOf(JournalEntry entry) => SysctlChange.SysctlKind.Read(entry.History).Original.Value;
}
