using Holdfast.Node.Apply;
using Holdfast.Node.Plan;
using Holdfast.Node.Resources;
using Holdfast.Node.Services;
using Holdfast.Node.Tests.Resources;

namespace Holdfast.Node.Tests.Apply;

public sealed class ApplierTests : IDisposable
{
    private readonly TemporaryMachine node = new();
    private readonly List<StepProgress> news = [];

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Second_apply_changes_nothing_and_writes_nothing()
    {
        var resource = new FileResource("/etc/a", "a");
        await node.ApplyAsync(resource);
        var journal = File.ReadAllText(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl"));
        var result = await node.ApplyAsync(resource);
        Assert.Equal((0, 1), (result.Changed, result.Unchanged));
        Assert.Equal(journal, File.ReadAllText(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl")));
    }

    [Fact]
    public async Task Service_that_refuses_its_new_configuration_gets_the_old_one_back_and_runs_on()
    {
        node.Write("/etc/containerd/config.toml", "good");
        node.Services.Add("containerd", true, true, TimeProvider.System.GetUtcNow().AddHours(-1));
        node.Services.OnStart = _ =>
        {
            if (node.Read("/etc/containerd/config.toml") != "good")
            {
                throw new NodeException(NodeReason.ServiceFailed, "cannot start containerd: no");
            }
        };
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(
                Step("host", new FileResource("/etc/host-thing", "stays")),
                Step("containerd", new FileResource("/etc/containerd/config.toml", "bad")),
                Step("containerd", Service("containerd", "/etc/containerd/config.toml"))
            )
        );

        Assert.Equal("cannot start containerd: no", failure.Message);
        Assert.Equal("good", node.Read("/etc/containerd/config.toml"));
        Assert.Equal("stays", node.Read("/etc/host-thing"));
        Assert.Equal("restart-known containerd", node.Services.Calls[^1]);
        Assert.True((await node.Services.StatusAsync("containerd", TemporaryMachine.Never)).IsRunning);
        using var journal = await node.OpenJournalAsync();
        Assert.Equal(["file:/etc/host-thing"], journal.Changes.Select(change => change.Id));
    }

    [Fact]
    public async Task Failed_step_after_an_older_apply_goes_back_to_the_state_before_this_run_not_to_the_original()
    {
        node.Write("/etc/c", "original");
        await ApplyAsync(Step("group", new FileResource("/etc/c", "first")));
        await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(Step("group", new FileResource("/etc/c", "second")), Step("group", new FailingResource()))
        );
        Assert.Equal("first", node.Read("/etc/c"));

        await node.UndoAsync();
        Assert.Equal("original", node.Read("/etc/c"));
    }

    [Fact]
    public async Task Undo_to_a_change_takes_back_what_came_after_it_and_the_rest_can_follow()
    {
        var before = node.Snapshot();
        await node.ApplyAsync(new FileResource("/etc/a", "a"), new FileResource("/etc/b", "b"));
        await node.ApplyAsync(new FileResource("/etc/a", "a"), new FileResource("/etc/c", "c"));
        using (var journal = await node.OpenJournalAsync())
        {
            Assert.Equal([1, 2, 3], journal.Changes.Select(change => change.Number));
            var result = await new Undoer().UndoAfterAsync(1, node.Machine, journal, null, TemporaryMachine.Never);
            Assert.Equal((2, 1), (result.TakenBack, result.Left));
        }

        Assert.Equal("a", node.Read("/etc/a"));
        Assert.False(node.Machine.Exists("/etc/b"));
        Assert.False(node.Machine.Exists("/etc/c"));

        // A later change has a number of its own, not that of one that was taken back.
        await node.ApplyAsync(new FileResource("/etc/a", "a"), new FileResource("/etc/d", "d"));
        using (var journal = await node.OpenJournalAsync())
        {
            Assert.Equal([1, 4], journal.Changes.Select(change => change.Number));
        }

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Nothing_is_taken_back_of_what_an_earlier_run_did()
    {
        await ApplyAsync(Step("group", new FileResource("/etc/c", "first")));
        await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(Step("group", new FileResource("/etc/c", "first")), Step("group", new FailingResource()))
        );
        Assert.Equal("first", node.Read("/etc/c"));
    }

    [Fact]
    public async Task Cancelled_step_is_taken_back()
    {
        using var cancel = new CancellationTokenSource();
        var plan = new NodePlan([Step("group", new FailingResource(cancel.Cancel))], []);
        using var journal = await node.OpenJournalAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Applier().ApplyAsync(plan, node.Machine, journal, null, cancel.Token)
        );
        Assert.False(node.Machine.Exists("/etc/failing"));
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public async Task Progress_names_every_step_as_changed_or_unchanged()
    {
        node.Write("/etc/a", "a");
        await ApplyAsync(Step("x", new FileResource("/etc/a", "a")), Step("y", new FileResource("/etc/b", "b")));
        Assert.Equal(
            [("x", StepPhase.Unchanged, 1, 2), ("y", StepPhase.Started, 2, 2), ("y", StepPhase.Changed, 2, 2)],
            news.Select(item => (item.Group, item.Phase, item.Number, item.Count))
        );
    }

    [Fact]
    public async Task What_a_newer_document_no_longer_wants_is_taken_back()
    {
        await node.ApplyAsync(new FileResource("/etc/a", "a"), new FileResource("/etc/b", "b"));
        using var journal = await node.OpenJournalAsync();
        var leftovers = journal.Changes.Where(change => change.Id == "file:/etc/b").ToArray();
        var plan = new NodePlan([Step("test", new FileResource("/etc/a", "a"))], leftovers);
        await new Applier().ApplyAsync(plan, node.Machine, journal, null, TemporaryMachine.Never);
        Assert.False(node.Machine.Exists("/etc/b"));
        Assert.True(node.Machine.Exists("/etc/a"));
    }

    [Fact]
    public async Task Undo_that_fails_in_one_place_puts_back_all_others_and_can_be_tried_again()
    {
        node.Write("/proc/sys/vm/x", "0\n");
        node.Write("/etc/a", "original");
        await node.ApplyAsync(new FileResource("/etc/a", "a"), new SysctlResource("vm.x", "1"));
        File.Move(node.Machine.At("/proc/sys/vm/x"), node.Machine.At("/proc/sys/vm/y"));
        Directory.CreateDirectory(node.Machine.At("/proc/sys/vm/x"));

        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UndoAsync());
        Assert.Equal(NodeReason.UndoFailed, failure.Reason);
        Assert.Equal("original", node.Read("/etc/a"));

        Directory.Delete(node.Machine.At("/proc/sys/vm/x"));
        File.Move(node.Machine.At("/proc/sys/vm/y"), node.Machine.At("/proc/sys/vm/x"));
        await node.UndoAsync();
        Assert.Equal("0\n", node.Read("/proc/sys/vm/x"));
        using var journal = await node.OpenJournalAsync();
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public async Task Undo_of_nothing_does_nothing()
    {
        Assert.Equal(0, (await node.UndoAsync()).TakenBack);
    }

    private static PlanStep Step(string group, IResource resource) =>
        new(group, resource, Inspection.Differs("not looked at"));

    private static ServiceResource Service(string name, params string[] files) =>
        new(new ServiceDefinition(name, name, ["/bin/" + name]) { HasUnitFromPackage = true }, files);

    private async Task ApplyAsync(params PlanStep[] steps)
    {
        using var journal = await node.OpenJournalAsync();
        await new Applier().ApplyAsync(
            new NodePlan(steps, []),
            node.Machine,
            journal,
            new Collector(news),
            TemporaryMachine.Never
        );
    }

    private sealed class Collector(List<StepProgress> news) : IProgress<StepProgress>
    {
        public void Report(StepProgress value) => news.Add(value);
    }

    /// <summary>Writes half of its file and then fails.</summary>
    private sealed class FailingResource(Action? atFailure = null) : IResource
    {
        private readonly FileResource file = new("/etc/failing", "half");

        public string Kind => file.Kind;
        public string Id => file.Id;
        public string Title => "it fails";
        public string? Why => null;

        public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
            Task.FromResult(Inspection.Differs("it never works"));

        public Task<System.Text.Json.Nodes.JsonObject> RecordOriginalAsync(
            Machine machine,
            CancellationToken cancellationToken
        ) => file.RecordOriginalAsync(machine, cancellationToken);

        public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
        {
            await file.DoAsync(machine, cancellationToken);
            atFailure?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
            throw new NodeException(NodeReason.ChangeFailed, "cannot do it: it always fails");
        }
    }
}
