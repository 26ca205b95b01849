using System.Text.Json.Nodes;
using Holdfast.Node.Apply;
using Holdfast.Node.Plan;
using Holdfast.Node.Resources;
using Holdfast.Node.Tests.Resources;

namespace Holdfast.Node.Tests.Apply;

/// <summary>A rollback in which something cannot be put back: all else is, the services run, and all of it is told.</summary>
public sealed class RollBackTests : IDisposable
{
    private readonly TemporaryMachine node = new();
    private readonly StubbornUndo stubborn = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Rolling_a_run_back_goes_on_after_each_failure_and_tells_them_all()
    {
        node.Write("/etc/a", "original");
        using var journal = await node.OpenJournalAsync();
        var run = await ApplyAsync(
            journal,
            new FileResource("/etc/a", "a"),
            new StubbornResource("first"),
            new FileResource("/etc/b", "b"),
            new StubbornResource("second")
        );

        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            Applier.RollBackAsync(run, node.Machine, journal, null, TemporaryMachine.Never)
        );
        Assert.Equal(NodeReason.UndoFailed, failure.Reason);
        Assert.Contains("the first stays: it sticks", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the second stays: access denied", failure.Message, StringComparison.Ordinal);
        Assert.Equal("original", node.Read("/etc/a"));
        Assert.False(node.Machine.Exists("/etc/b"));
        Assert.Equal(["first", "second"], stubborn.Settled);
        Assert.Equal(["stubborn:first", "stubborn:second"], journal.Changes.Select(change => change.Id));
    }

    [Fact]
    public async Task What_could_not_be_put_back_is_put_back_by_the_next_undo()
    {
        using var journal = await node.OpenJournalAsync();
        var run = await ApplyAsync(journal, new StubbornResource("first"));
        await Assert.ThrowsAsync<NodeException>(() =>
            Applier.RollBackAsync(run, node.Machine, journal, null, TemporaryMachine.Never)
        );
        stubborn.IsGivingIn = true;
        await new Undoer(Table).UndoAllAsync(node.Machine, journal, null, TemporaryMachine.Never);
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public async Task Undo_of_everything_settles_what_it_could_take_back_also_when_something_else_sticks()
    {
        using var journal = await node.OpenJournalAsync();
        await ApplyAsync(journal, new StubbornResource("first"), new StubbornResource("tame"));

        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            new Undoer(Table).UndoAllAsync(node.Machine, journal, null, TemporaryMachine.Never)
        );

        Assert.Contains("the first stays", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["tame"], stubborn.Settled);
        Assert.Equal(["stubborn:first"], journal.Changes.Select(change => change.Id));
    }

    [Fact]
    public async Task A_step_that_fails_is_taken_back_with_all_of_its_component_even_when_one_cannot_be()
    {
        using var journal = await node.OpenJournalAsync();
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(
                journal,
                new FileResource("/etc/a", "a"),
                new StubbornResource("first"),
                new FileResource(
                    "/etc/fails",
                    (_, _, _) => throw new NodeException(NodeReason.ChangeFailed, "cannot do it")
                )
            )
        );
        Assert.Equal("cannot do it", failure.Message);
        Assert.False(node.Machine.Exists("/etc/a"));
        Assert.Equal(["first"], stubborn.Settled);
        Assert.Equal(["stubborn:first"], journal.Changes.Select(change => change.Id));
    }

    private UndoTable Table => new([new FileUndo(FileResource.WholeKind), stubborn]);

    private Applier Applier => new(Table);

    private Task<ApplyResult> ApplyAsync(ChangeJournal journal, params IReadOnlyList<IResource> resources)
    {
        var steps = resources.Select(resource => new PlanStep("one", resource, Inspection.Differs("not looked at")));
        return Applier.ApplyAsync(new NodePlan([.. steps], []), node.Machine, journal, null, TemporaryMachine.Never);
    }

    private sealed class StubbornResource(string name) : IResource
    {
        private bool isDone;

        public string Kind => StubbornUndo.Name;
        public string Id => $"{Kind}:{name}";
        public string Title => $"the {name} stays";
        public string? Why => null;

        public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
            Task.FromResult(isDone ? Inspection.AsWanted("done") : Inspection.Differs("not done"));

        public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
            Task.FromResult(new JsonObject { ["name"] = name });

        public Task DoAsync(Machine machine, CancellationToken cancellationToken)
        {
            isDone = true;
            return Task.CompletedTask;
        }
    }

    private sealed class StubbornUndo : IUndo
    {
        public const string Name = "stubborn";

        public string Kind => Name;

        public bool IsGivingIn { get; set; }

        public List<string> Settled { get; } = [];

        public Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken) =>
            IsGivingIn || (string?)change.Original["name"] == "tame" ? Task.FromResult<string?>(null)
            // A machine refuses in more than one way.
            : (string?)change.Original["name"] == "first" ? throw new IOException("it sticks")
            : throw new UnauthorizedAccessException("access denied");

        public Task SettleAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
        {
            Settled.Add((string)change.Original["name"]!);
            return Task.CompletedTask;
        }
    }
}
