using Holdfast.Changes.Engine;
using Holdfast.Changes.Files;
using Holdfast.Changes.Journal;

namespace Holdfast.Changes.Tests.Engine;

public sealed class GuardAndRemovalTests : IDisposable
{
    private static readonly ChangeKind<FileRecord> Data = new(
        "data",
        ChangesJson.Default.FileRecord,
        (machine, history, token) => FileUndo.PutBackAsync(machine, history, withoutOurs: null, token)
    )
    {
        Destroys = _ => "all images",
    };

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Guard_is_asked_at_every_apply_and_neither_counted_nor_journaled()
    {
        var asked = 0;
        var guard = new Guard("it answers", (_, _) => Answer(ref asked, null));
        var steps = new IStep[] { new FileChange("/etc/a", "a"), guard };

        var first = await node.ApplyAsync(steps);
        var second = await node.ApplyAsync(steps);

        Assert.Equal((1, 0, 0, 1), (first.Changed, first.Unchanged, second.Changed, second.Unchanged));
        Assert.Equal(2, asked);
        using var journal = await node.OpenJournalAsync();
        Assert.Equal(["file:/etc/a"], journal.Changes.Select(change => change.Id));
        Assert.False((await node.PlanAsync(TestKinds.All, steps)).HasChanges);
    }

    [Fact]
    public async Task Fault_of_a_guard_fails_the_apply_and_takes_back_its_group()
    {
        var asked = 0;
        var guard = new Guard("it answers", (_, _) => Answer(ref asked, "cannot use it: no answer; repair it"));
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            node.ApplyAsync(new FileChange("/etc/a", "a"), guard, new FileChange("/etc/b", "b"))
        );
        Assert.Equal("cannot use it: no answer; repair it", failure.Message);
        Assert.False(node.Machine.Exists("/etc/a"));
        Assert.False(node.Machine.Exists("/etc/b"));
    }

    [Fact]
    public async Task What_an_edited_document_would_destroy_is_refused_before_anything_is_changed()
    {
        var kinds = new ChangeKinds([Data, FileChange.WholeKind]);
        await node.ApplyAsync(kinds, new FileChange("/etc/data", _ => "images"u8.ToArray(), Data));
        using var journal = await node.OpenJournalAsync();
        var plan = await NodePlan.MakeAsync(
            [("test", new FileChange("/etc/new", "new"))],
            kinds,
            node.Machine,
            _ => false,
            TemporaryMachine.Never
        );
        Assert.Equal("all images", Assert.Single(plan.Removals).Destroys);

        var refusal = await Assert.ThrowsAsync<NodeException>(() =>
            new Applier(kinds, node.Machine, journal).ApplyAsync(plan, TemporaryMachine.Never)
        );
        Assert.Equal(NodeReason.WouldDestroy, refusal.Reason);
        Assert.Contains("all images", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("images", node.Read("/etc/data"));
        Assert.False(node.Machine.Exists("/etc/new"));

        var applier = new Applier(kinds, node.Machine, journal) { MayDestroy = true };
        await applier.ApplyAsync(plan, TemporaryMachine.Never);
        Assert.False(node.Machine.Exists("/etc/data"));
    }

    [Fact]
    public async Task Change_that_waits_for_an_earlier_step_is_shown_in_the_plan_and_fails_when_that_brought_nothing()
    {
        var change = new FileChange("/etc/b", "b")
        {
            Condition = (machine, _) =>
                Task.FromResult(machine.Exists("/etc/a") ? null : Inspection.Differs("/etc/a comes first")),
        };
        var plan = await node.PlanAsync(TestKinds.All, new FileChange("/etc/a", "a"), change);
        Assert.Equal("/etc/a comes first", plan.Steps[1].Inspection.Summary);
        Assert.Equal(2, (await node.ApplyAsync(new FileChange("/etc/a", "a"), change)).Changed);
        Assert.Equal("b", node.Read("/etc/b"));
        await node.UndoAsync();

        var failure = await Assert.ThrowsAsync<NodeException>(() => node.ApplyAsync(change));
        Assert.Contains("/etc/a comes first", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_that_does_not_apply_is_skipped()
    {
        var change = new FileChange("/etc/b", "b")
        {
            Condition = (_, _) => Task.FromResult<Inspection?>(Inspection.AsWanted("something else has it")),
        };
        Assert.Equal((0, 1), await CountAsync(change));
        Assert.False(node.Machine.Exists("/etc/b"));
    }

    private async Task<(int, int)> CountAsync(IStep step)
    {
        var result = await node.ApplyAsync(step);
        return (result.Changed, result.Unchanged);
    }

    private static Task<string?> Answer(ref int asked, string? fault)
    {
        asked++;
        return Task.FromResult(fault);
    }
}
