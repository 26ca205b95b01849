using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Doctor;
using Holdfast.Node.Software.Packages;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Node;

/// <summary>The changes that only the real kernel and the real package manager can prove, each put back.</summary>
public sealed class RealMachineTests : IDisposable
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(1);
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-real-").FullName;
    private readonly global::Holdfast.Changes.Machine machine;

    public RealMachineTests()
    {
        var paths = new NodePaths(top);
        machine = new global::Holdfast.Changes.Machine(
            paths,
            "/",
            new SupervisedServices(paths, [], TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }

    public void Dispose() => Directory.Delete(top, recursive: true);

    [Fact]
    public async Task Package_is_installed_and_purged_again()
    {
        var package = new PackagesChange("hello");
        Assert.False(File.Exists("/usr/bin/hello"));

        await ApplyAsync(package);
        Assert.True(
            (await package.InspectAsync(machine, History<PackagesBefore>.Empty, CancellationToken.None)).IsAsWanted
        );
        Assert.True(File.Exists("/usr/bin/hello"));

        await UndoAsync();
        var after = await Dpkg.ListAsync(machine, CancellationToken.None);
        Assert.DoesNotContain("hello", after.Installed.Concat(after.ConfigurationLeft));
    }

    [Fact]
    public async Task Package_that_does_not_exist_is_a_clear_error_and_leaves_nothing_to_undo()
    {
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(new PackagesChange("no-such-package-anywhere"))
        );
        Assert.StartsWith(
            "cannot install no-such-package-anywhere: Unable to locate package",
            failure.Message,
            StringComparison.Ordinal
        );
        using var journal = await OpenAsync();
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public async Task Swap_is_switched_off_and_on_again()
    {
        var file = Path.Join(top, "swap");
        await RequireAsync("dd", "if=/dev/zero", $"of={file}", "bs=1M", "count=8", "status=none");
        File.SetUnixFileMode(file, AtomicFile.SecretMode);
        await RequireAsync("mkswap", file);
        await RequireAsync("swapon", "-p", "7", file);
        try
        {
            await ApplyAsync(new SwapChange());
            Assert.DoesNotContain(file, await File.ReadAllTextAsync("/proc/swaps"), StringComparison.Ordinal);
            await UndoAsync();
            Assert.Contains(
                await ActiveSwap.ReadAsync(machine, CancellationToken.None),
                swap => swap == new ActiveSwap(file, 7)
            );
        }
        finally
        {
            await ChildProcess.RunAsync(new ChildCommand("swapoff", file), CommandTimeout);
        }
    }

    [Fact]
    public async Task Parameter_of_the_running_kernel_is_set_and_set_back()
    {
        // Of all parameters the one whose change for a moment harms nobody.
        const string name = "kernel.printk_ratelimit_burst";
        var original = machine.Sysctl.Read(name);
        var wanted = original == "11" ? "12" : "11";
        await ApplyAsync(new SysctlChange(name, wanted));
        Assert.Equal(wanted, machine.Sysctl.Read(name));
        await UndoAsync();
        Assert.Equal(original, machine.Sysctl.Read(name));
    }

    [Fact]
    public async Task Facts_of_this_machine_make_sense()
    {
        var survey = await MachineSurvey.ReadAsync(machine, NodeDocument.Default("n").Spec!, CancellationToken.None);
        var facts = survey.Facts;
        Assert.Empty(facts.Unread);
        Assert.Empty(survey.Unread);
        Assert.True(survey.IsRoot);
        Assert.True(facts.HasApt);
        Assert.NotNull(facts.ContainerdVersion);
        Assert.True(facts.HasCniPlugins);
        Assert.Empty(survey.MissingControllers);
        Assert.True(survey.MemoryBytes > 100 << 20);
        Assert.True(survey.FreeDiskBytes > 100 << 20);
        Assert.Equal(Environment.MachineName, survey.HostName);
    }

    private static async Task RequireAsync(string program, params string[] arguments) =>
        await RequiredCommand.RunAsync("cannot prepare", new ChildCommand(program, arguments), CommandTimeout);

    private Task<ChangeJournal> OpenAsync() =>
        ChangeJournal.OpenAsync(machine.Paths, TimeProvider.System, CancellationToken.None);

    private async Task ApplyAsync(IStep resource)
    {
        var plan = new NodePlan([new PlanStep("test", resource, Inspection.Differs("not looked at"))], []);
        using var journal = await OpenAsync();
        await new Applier(NodeKinds.All, machine, journal).ApplyAsync(plan, CancellationToken.None);
    }

    private async Task UndoAsync()
    {
        using var journal = await OpenAsync();
        var result = await new Undoer(NodeKinds.All, machine, journal).UndoAllAsync(CancellationToken.None);
        Assert.Empty(result.Notes);
        Assert.Empty(result.Failures);
    }
}
