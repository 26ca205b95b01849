using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Node.Apply;
using Holdfast.Node.Doctor;

namespace Holdfast.Node.Tests.Doctor;

public sealed class AgentsStartedByHoldfastTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Agents_that_a_join_started_are_told_until_it_is_taken_back()
    {
        Assert.Empty(await ReadAsync());
        using var journal = await OpenAsync();
        var join = RecordJoin(journal, "kubelet", Join(Service("kubelet", true), Service("yurthub", false)));
        RecordService(journal, "edgecore");
        RecordService(journal, "containerd");

        // The kubelet ran before anybody joined: that a document leaves the cluster does not stop it.
        Assert.Equal(["edgecore", "yurthub"], await ReadAsync());

        journal.MarkUndone(join);
        Assert.Equal(["edgecore"], await ReadAsync());
    }

    [Fact]
    public async Task A_machine_that_had_joined_before_and_journals_of_older_versions_are_understood()
    {
        using var journal = await OpenAsync();
        RecordJoin(journal, "edgecore", new JsonObject { ["joined"] = true, ["service"] = "edgecore" });
        RecordJoin(journal, "kubelet", new JsonObject { ["joined"] = false, ["service"] = "kubelet" });
        Assert.Equal(["kubelet"], await ReadAsync());
    }

    [Fact]
    public async Task A_journal_that_makes_no_sense_keeps_nobody_from_reading_facts()
    {
        Directory.CreateDirectory(node.Paths.ChangesDirectory);
        await File.WriteAllTextAsync(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl"), "no\n");
        Assert.Empty(await ReadAsync());
    }

    private static JsonObject Join(params JsonObject[] services) =>
        new() { ["joined"] = false, ["services"] = new JsonArray([.. services]) };

    private static JsonObject Service(string name, bool isRunning) =>
        new()
        {
            ["name"] = name,
            ["known"] = isRunning,
            ["enabled"] = isRunning,
            ["running"] = isRunning,
        };

    private static JournalEntry RecordJoin(ChangeJournal journal, string name, JsonObject original) =>
        Record(journal, Bridge.KindOf("cluster-join"), name, new OldRecord(original, null));

    private static JournalEntry RecordService(ChangeJournal journal, string name) =>
        Record(journal, ServiceChange.ServiceKind, name, new ServiceRecord(name, false, false, false, []));

    private static JournalEntry Record<T>(ChangeJournal journal, ChangeKind<T> kind, string name, T record)
        where T : class =>
        journal.Record(new Nothing<T>(kind, name), "cluster", JsonSerializer.SerializeToElement(record, kind.Json));

    private Task<IReadOnlyList<string>> ReadAsync() =>
        AgentsStartedByHoldfast.ReadAsync(node.Machine, TemporaryMachine.Never);

    private Task<ChangeJournal> OpenAsync() =>
        ChangeJournal.OpenAsync(node.Paths, TimeProvider.System, TemporaryMachine.Never);

    private sealed class Nothing<T>(ChangeKind<T> kind, string name) : Change<T>(kind, name, name)
        where T : class
    {
        public override Task<Inspection> InspectAsync(
            Machine machine,
            History<T> history,
            CancellationToken cancellationToken
        ) => Task.FromResult(Inspection.AsWanted("it is so"));

        public override Task<T> RememberAsync(
            Machine machine,
            History<T> history,
            CancellationToken cancellationToken
        ) => Task.FromResult(history.Last);

        public override Task DoAsync(Machine machine, History<T> history, CancellationToken cancellationToken) =>
            Task.CompletedTask;
    }
}
