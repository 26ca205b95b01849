using System.Text.Json.Serialization;
using Holdfast.Changes.Engine;
using Holdfast.Changes.Files;
using Holdfast.Changes.Journal;

namespace Holdfast.Changes.Tests.Engine;

/// <summary>A rollback in which something cannot be put back: all else is, the services run, and all of it is told.</summary>
public sealed class RollBackTests : IDisposable
{
    private readonly TemporaryMachine node = new();
    private readonly StubbornKind stubborn = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Rolling_a_run_back_goes_on_after_each_failure_and_tells_them_all()
    {
        node.Write("/etc/a", "original");
        using var journal = await node.OpenJournalAsync();
        await ApplyAsync(
            journal,
            new FileChange("/etc/a", "a"),
            new StubbornChange(stubborn, "first"),
            new FileChange("/etc/b", "b"),
            new StubbornChange(stubborn, "second")
        );

        var result = await UndoerOf(journal).RollBackAsync(TemporaryMachine.Never);
        Assert.Equal(["the second stays: access denied", "the first stays: it sticks"], result.Failures);
        Assert.Equal("original", node.Read("/etc/a"));
        Assert.False(node.Machine.Exists("/etc/b"));
        Assert.Equal(["first", "second"], stubborn.Settled);
        Assert.Equal(["stubborn:first", "stubborn:second"], journal.Changes.Select(change => change.Id));
    }

    [Fact]
    public async Task What_could_not_be_put_back_is_put_back_by_the_next_undo()
    {
        using var journal = await node.OpenJournalAsync();
        await ApplyAsync(journal, new StubbornChange(stubborn, "first"));
        await UndoerOf(journal).RollBackAsync(TemporaryMachine.Never);
        stubborn.IsGivingIn = true;
        await UndoerOf(journal).UndoAllAsync(TemporaryMachine.Never);
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public async Task Undo_of_everything_settles_all_of_it_also_what_it_could_not_take_back()
    {
        using var journal = await node.OpenJournalAsync();
        await ApplyAsync(journal, new StubbornChange(stubborn, "first"), new StubbornChange(stubborn, "tame"));

        var result = await UndoerOf(journal).UndoAllAsync(TemporaryMachine.Never);

        Assert.Contains("the first stays", Assert.Single(result.Failures), StringComparison.Ordinal);
        Assert.Equal(["first", "tame"], stubborn.Settled);
        Assert.Equal(["stubborn:first"], journal.Changes.Select(change => change.Id));
    }

    [Fact]
    public async Task A_step_that_fails_is_taken_back_with_all_of_its_component_even_when_one_cannot_be()
    {
        using var journal = await node.OpenJournalAsync();
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(
                journal,
                new FileChange("/etc/a", "a"),
                new StubbornChange(stubborn, "first"),
                new FileChange(
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

    /// <summary>Otherwise a later undo starts units again that a person has stopped since.</summary>
    [Fact]
    public async Task What_a_rollback_put_back_is_settled_once()
    {
        stubborn.IsGivingIn = true;
        using var journal = await node.OpenJournalAsync();
        await ApplyAsync(journal, new FileChange("/etc/before", "x"));
        await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(journal, new StubbornChange(stubborn, "tame"), new FileChange("/etc/before/under", "x"))
        );
        Assert.Equal(["tame"], stubborn.Settled);

        await UndoerOf(journal).UndoAllAsync(TemporaryMachine.Never);
        Assert.Equal(["tame"], stubborn.Settled);
    }

    [Fact]
    public async Task What_does_not_start_again_is_told_and_the_original_is_back_all_the_same()
    {
        stubborn.IsGivingIn = true;
        stubborn.IsFailingToSettle = true;
        node.Write("/etc/a", "original");
        using var journal = await node.OpenJournalAsync();
        await ApplyAsync(journal, new FileChange("/etc/a", "a"), new StubbornChange(stubborn, "tame"));

        var result = await UndoerOf(journal).UndoAllAsync(TemporaryMachine.Never);

        Assert.Equal(["the tame stays: cannot start tame again"], result.Failures);
        Assert.Equal((2, 0), (result.TakenBack, result.Left));
        Assert.Equal("original", node.Read("/etc/a"));
    }

    /// <summary>The first version is never proven by itself, and the upgrade is made by a run that is killed before its proof.</summary>
    [Fact]
    public async Task New_version_of_a_killed_run_goes_back_to_the_version_before_it()
    {
        var versions = new ChangeKind<LinkRecord>("version", ChangesJson.Default.LinkRecord, LinkChange.UndoAsync)
        {
            NeedsProof = history => history.Original.LinkedTo is { } before && before != history.Last.Target,
        };
        var kinds = new ChangeKinds([versions]);
        await node.ApplyAsync(kinds, new LinkChange("/opt/tool", "/opt/v1", versions));
        await node.ApplyAsync(kinds, new LinkChange("/opt/tool", "/opt/v2", versions));
        await node.ApplyAsync(kinds, new LinkChange("/opt/tool", "/opt/v2", versions));

        using var journal = await node.OpenJournalAsync();
        Assert.Equal(["/opt/tool leads to /opt/v1"], journal.ListUnproven(kinds));
        await new Undoer(kinds, node.Machine, journal).RollBackAsync(TemporaryMachine.Never);
        Assert.Equal("/opt/v1", new FileInfo(node.Machine.At("/opt/tool")).LinkTarget);
        Assert.Single(journal.Changes);
        Assert.Empty(journal.ListUnproven(kinds));
    }

    [Fact]
    public async Task Proven_version_is_what_a_later_rollback_goes_back_to()
    {
        var versions = new ChangeKind<LinkRecord>("version", ChangesJson.Default.LinkRecord, LinkChange.UndoAsync)
        {
            NeedsProof = history => history.Original.LinkedTo is { } before && before != history.Last.Target,
        };
        var kinds = new ChangeKinds([versions]);
        foreach (var version in new[] { "/opt/v1", "/opt/v2" })
        {
            await node.ApplyAsync(kinds, new LinkChange("/opt/tool", version, versions));
        }

        using (var journal = await node.OpenJournalAsync())
        {
            journal.MarkProven(kinds);
            Assert.Empty(journal.ListUnproven(kinds));
        }

        await node.ApplyAsync(kinds, new LinkChange("/opt/tool", "/opt/v3", versions));
        using var again = await node.OpenJournalAsync();
        Assert.Single(again.ListUnproven(kinds));
        await new Undoer(kinds, node.Machine, again).RollBackAsync(TemporaryMachine.Never);
        Assert.Equal("/opt/v2", new FileInfo(node.Machine.At("/opt/tool")).LinkTarget);
    }

    private ChangeKinds Kinds => new([FileChange.WholeKind, stubborn.Kind]);

    private Undoer UndoerOf(ChangeJournal journal) => new(Kinds, node.Machine, journal);

    private Task<ApplyResult> ApplyAsync(ChangeJournal journal, params IReadOnlyList<IStep> steps)
    {
        var plan = steps.Select(step => new PlanStep("one", step, Inspection.Differs("not looked at")));
        return new Applier(Kinds, node.Machine, journal).ApplyAsync(
            new NodePlan([.. plan], []),
            TemporaryMachine.Never
        );
    }

    private sealed class StubbornChange(StubbornKind kind, string name)
        : Change<StubbornRecord>(kind.Kind, name, $"the {name} stays")
    {
        private bool isDone;

        public override Task<Inspection> InspectAsync(
            Machine machine,
            History<StubbornRecord> history,
            CancellationToken cancellationToken
        ) => Task.FromResult(isDone ? Inspection.AsWanted("done") : Inspection.Differs("not done"));

        public override Task<StubbornRecord> RememberAsync(
            Machine machine,
            History<StubbornRecord> history,
            CancellationToken cancellationToken
        ) => Task.FromResult(new StubbornRecord(Subject));

        public override Task DoAsync(
            Machine machine,
            History<StubbornRecord> history,
            CancellationToken cancellationToken
        )
        {
            isDone = true;
            return Task.CompletedTask;
        }
    }

    private sealed class StubbornKind
    {
        public StubbornKind()
        {
            Kind = new ChangeKind<StubbornRecord>(
                "stubborn",
                StubbornJson.Default.StubbornRecord,
                UndoAsync,
                SettleAsync
            );
        }

        public ChangeKind<StubbornRecord> Kind { get; }

        public bool IsGivingIn { get; set; }

        public bool IsFailingToSettle { get; set; }

        public List<string> Settled { get; } = [];

        private Task<string?> UndoAsync(
            Machine machine,
            History<StubbornRecord> history,
            CancellationToken cancellationToken
        ) =>
            IsGivingIn || history.Original.Name == "tame" ? Task.FromResult<string?>(null)
            // A machine refuses in more than one way.
            : history.Original.Name == "first" ? throw new IOException("it sticks")
            : throw new UnauthorizedAccessException("access denied");

        private Task SettleAsync(Machine machine, History<StubbornRecord> history, CancellationToken cancellationToken)
        {
            Settled.Add(history.Original.Name);
            return IsFailingToSettle
                ? throw new NodeException(NodeReason.ServiceFailed, $"cannot start {history.Original.Name} again")
                : Task.CompletedTask;
        }
    }
}

internal sealed record StubbornRecord(string Name);

[JsonSerializable(typeof(StubbornRecord))]
internal sealed partial class StubbornJson : JsonSerializerContext;
