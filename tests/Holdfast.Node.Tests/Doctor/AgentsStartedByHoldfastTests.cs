using System.Text.Json;
using Holdfast.Node.Doctor;
using Holdfast.Node.Joining;

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
    public async Task The_agent_of_a_machine_that_had_joined_before_is_not_told()
    {
        using var journal = await OpenAsync();
        RecordJoin(journal, "edgecore", Join(Service("edgecore", false)) with { Joined = true });
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task A_journal_that_makes_no_sense_keeps_nobody_from_reading_facts()
    {
        Directory.CreateDirectory(node.Paths.ChangesDirectory);
        await File.WriteAllTextAsync(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl"), "no\n");
        Assert.Empty(await ReadAsync());
    }

    private static JoinRecord Join(params ServiceRecord[] services) =>
        new()
        {
            Joined = false,
            Node = "edge-1",
            DoneFile = "/etc/kubernetes/kubelet.conf",
            Services = services,
            Reset = [],
            Footprint = new JoinFootprint
            {
                Shared = [],
                Own = [],
                OwnIfNew = [],
            },
            Present = [],
            Missing = [],
            Before = new DirectorySnapshot([]),
        };

    private static ServiceRecord Service(string name, bool isRunning) => new(name, isRunning, isRunning, []);

    private static JournalEntry RecordJoin(ChangeJournal journal, string name, JoinRecord record) =>
        Record(journal, JoinChange.JoinKind, name, record);

    private static JournalEntry RecordService(ChangeJournal journal, string name) =>
        Record(journal, ServiceChange.ServiceKind, name, new ServiceRecord(name, false, false, []));

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
