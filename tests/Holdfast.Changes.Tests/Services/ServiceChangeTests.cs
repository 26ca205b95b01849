using Holdfast.Changes.Files;
using Holdfast.Changes.Kernel;
using Holdfast.Changes.Services;

namespace Holdfast.Changes.Tests.Services;

public sealed class ServiceChangeTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    private static readonly ServiceDefinition Definition = new("thing", "a thing", ["/bin/thing"]);

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Service_that_did_not_exist_is_stopped_and_disabled_by_undo()
    {
        await node.ApplyAsync(new ServiceChange(Definition, []));
        await node.UndoAsync();
        Assert.Equal(["start thing", "stop thing True True"], node.Services.Calls);
    }

    [Fact]
    public async Task Service_started_before_its_file_was_changed_is_restarted()
    {
        node.Write("/etc/thing.conf", "new");
        node.Services.Add("thing", true, true, TimeProvider.System.GetUtcNow().AddMinutes(-1));
        await node.ApplyAsync(new ServiceChange(Definition, ["/etc/thing.conf", "/etc/not-there"]));
        Assert.Equal(["restart thing"], node.Services.Calls);

        await node.ApplyAsync(new ServiceChange(Definition, ["/etc/thing.conf", "/etc/not-there"]));
        Assert.Equal(["restart thing"], node.Services.Calls);
    }

    [Fact]
    public async Task Service_that_ran_disabled_is_enabled_without_a_restart_and_disabled_without_a_stop()
    {
        node.Services.Add("thing", isRunning: true, isEnabled: false);
        await node.ApplyAsync(new ServiceChange(Definition, []));
        await node.UndoAsync();
        Assert.Equal(["start thing", "stop thing False True"], node.Services.Calls);
        Assert.True((await node.Services.StatusAsync("thing", TemporaryMachine.Never)).IsRunning);
    }

    [Fact]
    public async Task Service_that_ran_before_is_restarted_after_its_original_configuration_is_back()
    {
        node.Write("/etc/thing.conf", "original");
        node.Services.Add("thing", true, true, TimeProvider.System.GetUtcNow().AddMinutes(-1));
        await node.ApplyAsync(
            new FileChange("/etc/thing.conf", "new"),
            new ServiceChange(Definition, ["/etc/thing.conf"])
        );

        // The resolution of start times: a restart and a change within it cannot be told apart.
        await Task.Delay(100);
        await node.UndoAsync();
        Assert.Equal(["restart thing", "restart-known thing"], node.Services.Calls);
    }

    [Fact]
    public async Task Clock_that_was_set_back_does_not_restart_the_service_for_ever()
    {
        node.Write("/etc/thing.conf", "x");
        var node2 = new Machine(
            node.Paths,
            node.Machine.At("/"),
            node.Services,
            new BehindTime(),
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance
        );
        node.Services.Add("thing", true, true, new BehindTime().GetUtcNow());
        var inspection = await new ServiceChange(Definition, ["/etc/thing.conf"]).InspectAsync(
            node2,
            TemporaryMachine.Never
        );
        Assert.True(inspection.IsAsWanted, inspection.Summary);
    }

    private sealed class BehindTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(-1);
    }
}
