using Holdfast.Changes.Engine;
using Holdfast.Changes.Files;
using Holdfast.Changes.Journal;
using Holdfast.Changes.Kernel;
using Holdfast.Changes.Services;

namespace Holdfast.Changes.Tests.Engine;

public sealed class ApplierTests : IDisposable
{
    private readonly TemporaryMachine node = new();
    private readonly List<StepProgress> news = [];

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Second_apply_changes_nothing_and_writes_nothing()
    {
        var resource = new FileChange("/etc/a", "a");
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
                Step("host", new FileChange("/etc/host-thing", "stays")),
                Step("containerd", new FileChange("/etc/containerd/config.toml", "bad")),
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
        await ApplyAsync(Step("group", new FileChange("/etc/c", "first")));
        await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(Step("group", new FileChange("/etc/c", "second")), Step("group", new FailingChange()))
        );
        Assert.Equal("first", node.Read("/etc/c"));

        await node.UndoAsync();
        Assert.Equal("original", node.Read("/etc/c"));
    }

    [Fact]
    public async Task Nothing_is_taken_back_of_what_an_earlier_run_did()
    {
        await ApplyAsync(Step("group", new FileChange("/etc/c", "first")));
        await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(Step("group", new FileChange("/etc/c", "first")), Step("group", new FailingChange()))
        );
        Assert.Equal("first", node.Read("/etc/c"));
    }

    [Fact]
    public async Task Cancelled_step_is_taken_back()
    {
        using var cancel = new CancellationTokenSource();
        var plan = new NodePlan([Step("group", new FailingChange(cancel.Cancel))], []);
        using var journal = await node.OpenJournalAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Applier(TestKinds.All, node.Machine, journal).ApplyAsync(plan, cancel.Token)
        );
        Assert.False(node.Machine.Exists("/etc/failing"));
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public async Task Progress_names_every_step_as_changed_or_unchanged()
    {
        node.Write("/etc/a", "a");
        await ApplyAsync(Step("x", new FileChange("/etc/a", "a")), Step("y", new FileChange("/etc/b", "b")));
        Assert.Equal(
            [("x", StepPhase.Unchanged, 1, 2), ("y", StepPhase.Started, 2, 2), ("y", StepPhase.Changed, 2, 2)],
            news.Select(item => (item.Group, item.Phase, item.Number, item.Count))
        );
    }

    [Fact]
    public async Task What_a_newer_document_no_longer_wants_is_taken_back()
    {
        await node.ApplyAsync(new FileChange("/etc/a", "a"), new FileChange("/etc/b", "b"));
        using var journal = await node.OpenJournalAsync();
        var leftovers = journal.Changes.Where(change => change.Id == "file:/etc/b").ToArray();
        var plan = new NodePlan([Step("test", new FileChange("/etc/a", "a"))], leftovers);
        await new Applier(TestKinds.All, node.Machine, journal).ApplyAsync(plan, TemporaryMachine.Never);
        Assert.False(node.Machine.Exists("/etc/b"));
        Assert.True(node.Machine.Exists("/etc/a"));
    }

    [Fact]
    public async Task Undo_that_fails_in_one_place_puts_back_all_others_and_can_be_tried_again()
    {
        node.Write("/proc/sys/vm/x", "0\n");
        node.Write("/etc/a", "original");
        await node.ApplyAsync(new FileChange("/etc/a", "a"), new SysctlChange("vm.x", "1"));
        File.Move(node.Machine.At("/proc/sys/vm/x"), node.Machine.At("/proc/sys/vm/y"));
        Directory.CreateDirectory(node.Machine.At("/proc/sys/vm/x"));

        var result = await node.UndoAsync();
        Assert.Contains("vm.x is 1: ", Assert.Single(result.Failures), StringComparison.Ordinal);
        Assert.Equal((1, 1), (result.TakenBack, result.Left));
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

    private static PlanStep Step(string group, IStep step) => new(group, step, Inspection.Differs("not looked at"));

    private static ServiceChange Service(string name, params string[] files) =>
        new(new ServiceDefinition(name, name, ["/bin/" + name]) { HasUnitFromPackage = true }, files);

    private async Task ApplyAsync(params PlanStep[] steps)
    {
        using var journal = await node.OpenJournalAsync();
        var applier = new Applier(TestKinds.All, node.Machine, journal, new Collector(news));
        await applier.ApplyAsync(new NodePlan(steps, []), TemporaryMachine.Never);
    }

    private sealed class Collector(List<StepProgress> news) : IProgress<StepProgress>
    {
        public void Report(StepProgress value) => news.Add(value);
    }

    /// <summary>Writes half of its file and then fails.</summary>
    private sealed class FailingChange(Action? atFailure = null)
        : Change<FileRecord>(FileChange.WholeKind, "/etc/failing", "it fails")
    {
        private readonly FileChange file = new("/etc/failing", "half");

        public override Task<Inspection> InspectAsync(
            Machine machine,
            History<FileRecord> history,
            CancellationToken cancellationToken
        ) => Task.FromResult(Inspection.Differs("it never works"));

        public override Task<FileRecord> RememberAsync(
            Machine machine,
            History<FileRecord> history,
            CancellationToken cancellationToken
        ) => file.RememberAsync(machine, history, cancellationToken);

        public override async Task DoAsync(
            Machine machine,
            History<FileRecord> history,
            CancellationToken cancellationToken
        )
        {
            await file.DoAsync(machine, history, cancellationToken);
            atFailure?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
            throw new NodeException(NodeReason.ChangeFailed, "cannot do it: it always fails");
        }
    }
}
