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
        var join = Record(
            journal,
            "cluster-join",
            "kubelet",
            Join(Service("kubelet", true), Service("yurthub", false))
        );
        Record(journal, "service", "edgecore", Service("edgecore", false));
        Record(journal, "service", "containerd", Service("containerd", false));

        // The kubelet ran before anybody joined: that a document leaves the cluster does not stop it.
        Assert.Equal(["edgecore", "yurthub"], await ReadAsync());

        journal.MarkUndone(join);
        Assert.Equal(["edgecore"], await ReadAsync());
    }

    [Fact]
    public async Task A_machine_that_had_joined_before_and_journals_of_older_versions_are_understood()
    {
        using var journal = await OpenAsync();
        Record(journal, "cluster-join", "edgecore", new JsonObject { ["joined"] = true, ["service"] = "edgecore" });
        Record(journal, "cluster-join", "kubelet", new JsonObject { ["joined"] = false, ["service"] = "kubelet" });
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

    private static JournalEntry Record(ChangeJournal journal, string kind, string name, JsonObject original) =>
        journal.Record(kind, $"{kind}:{name}", name, "cluster", original, intent: null);

    private Task<IReadOnlyList<string>> ReadAsync() =>
        AgentsStartedByHoldfast.ReadAsync(node.Machine, TemporaryMachine.Never);

    private Task<ChangeJournal> OpenAsync() =>
        ChangeJournal.OpenAsync(node.Paths, TimeProvider.System, TemporaryMachine.Never);
}
