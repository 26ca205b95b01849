using Holdfast.Document;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Crio;
using Holdfast.Node.Tests.Facts;
using Holdfast.Testing.Crio;

namespace Holdfast.Node.Tests.Runtimes;

/// <summary>
/// Whether a running CRI-O has what was meant, and what happens when it has not. Its answers are those of its sources
/// (tests/Holdfast.Testing/Crio/README.md).
/// </summary>
public sealed class CrioConfigCheckTests : IAsyncLifetime
{
    private const string ConfigFile = "/etc/crio/crio.conf.d/20-holdfast.conf";
    private readonly TemporaryMachine node = new();
    private RecordedCrio? crio;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (crio is not null)
        {
            await crio.DisposeAsync();
        }

        node.Dispose();
    }

    [Theory]
    [InlineData("1.20")]
    [InlineData("1.24")]
    [InlineData("1.26")]
    [InlineData("1.30")]
    public async Task A_CRI_O_that_has_what_was_meant_is_as_wanted(string release)
    {
        await StartAsync(release);
        foreach (var guard in Guards())
        {
            Assert.Null(await guard.Ask(node.Machine, TemporaryMachine.Never));
        }
    }

    [Theory]
    [InlineData("1.20", "cgroupfs", "crio.runtime.cgroup_manager is \"cgroupfs\" instead of \"systemd\"")]
    [InlineData("1.30", "cgroupfs", "crio.runtime.cgroup_manager is \"cgroupfs\" instead of \"systemd\"")]
    [InlineData("1.30", "other-pause-image", "crio.image.pause_image is \"registry.k8s.io/pause:3.9\" instead of")]
    [InlineData("1.34", null, "crio.runtime.default_runtime is \"crun\" instead of \"runc\"")]
    [InlineData("1.34", null, "crio.image.pause_image is \"registry.k8s.io/pause:3.10.1\" instead of")]
    [InlineData("1.34", null, "crio.network.plugin_dirs is [\"/opt/cni/bin\"] instead of [\"/usr/lib/cni\"]")]
    public async Task What_a_running_CRI_O_has_otherwise_is_told(string release, string? variant, string fault)
    {
        await StartAsync(release, variant);
        Assert.Contains(fault, await AskConfigAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_show_its_configuration_is_left_to_the_probe()
    {
        await StartAsync("1.30", "cgroupfs");
        crio!.Server.OnPage("/config", () => "no TOML [");
        Assert.Null(await AskConfigAsync());
    }

    [Theory]
    [InlineData("1.30")]
    [InlineData("1.34")]
    public async Task A_handler_that_CRI_O_left_out_is_missed_at_once(string release)
    {
        await StartAsync(release);
        var answers = Guards(", handlers: [{ name: runc }, { name: kata, kind: kata }]")[0];
        var fault = await answers.Ask(node.Machine, TemporaryMachine.Never);
        Assert.Contains("it has no handler kata", fault, StringComparison.Ordinal);
        Assert.Contains("last log lines: ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_an_old_CRI_O_does_not_have_is_missed_in_its_configuration()
    {
        await StartAsync("1.20");
        var guards = Guards(", handlers: [{ name: runc }, { name: kata, kind: kata }]");
        Assert.Null(await guards[0].Ask(node.Machine, TemporaryMachine.Never));
        Assert.Contains(
            "it has no handler kata",
            await guards[1].Ask(node.Machine, TemporaryMachine.Never),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("1.20")]
    [InlineData("1.30")]
    public async Task A_network_that_is_not_there_yet_is_no_fault_of_CRI_O(string release)
    {
        await StartAsync(release, "no-network");
        Assert.Null(await Guards()[0].Ask(node.Machine, TemporaryMachine.Never));
    }

    [Fact]
    public async Task A_configuration_that_another_file_overrides_is_rolled_back_and_the_file_named()
    {
        node.Write(ConfigFile, "# before\n");
        node.Write("/etc/crio/crio.conf.d/99-mine.conf", "[crio.runtime]\ncgroup_manager = \"cgroupfs\"\n");
        await StartAsync("1.30", "cgroupfs");
        var config = Build().OfType<FileChange>().Single(file => file.Subject == ConfigFile);
        IStep[] steps = [config, .. Guards()];
        using var journal = await node.OpenJournalAsync();
        var plan = new NodePlan(
            [.. steps.Select(step => new PlanStep("cri-o", step, Inspection.Differs("not looked at")))],
            []
        );
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            new Applier(NodeKinds.All, node.Machine, journal).ApplyAsync(plan, TemporaryMachine.Never)
        );
        Assert.Contains("crio.runtime.cgroup_manager", failure.Message, StringComparison.Ordinal);
        Assert.Contains("99-mine.conf", failure.Message, StringComparison.Ordinal);
        Assert.Equal("# before\n", node.Read(ConfigFile));
        Assert.Empty(journal.Changes);
    }

    [Fact]
    public void The_complaints_of_CRI_Os_last_start_are_shown()
    {
        string[] log =
        [
            "time=\"2024-02-16 15:52:37.1+01:00\" level=fatal msg=\"an old one\"",
            "time=\"2024-02-16 15:52:38.3+01:00\" level=info msg=\"Starting CRI-O, version: 1.30.0, git: 7952ca8(clean)\"",
            "time=\"2024-02-16 15:52:38.4+01:00\" level=warning msg=\"Runtime handler \\\"kata\\\" is being ignored due to: x\"",
            "time=\"2024-02-16 15:52:38.5+01:00\" level=info msg=\"Using the internal default seccomp profile\"",
        ];
        Assert.Equal(["msg=\"Runtime handler \\\"kata\\\" is being ignored due to: x\""], RuntimeLogErrors.Choose(log));
    }

    private async Task StartAsync(string release, string? variant = null)
    {
        var socket = node.Machine.At("/var/run/crio/crio.sock");
        Directory.CreateDirectory(Path.GetDirectoryName(socket)!);
        node.Write("/usr/sbin/runc", "");
        crio = await RecordedCrio.StartAsync(release, variant, socket);
    }

    private Task<string?> AskConfigAsync() => Guards()[1].Ask(node.Machine, TemporaryMachine.Never);

    /// <summary>That it answers, and that it reads its configuration as intended.</summary>
    private static Guard[] Guards(string more = "") =>
        [.. Build(more).OfType<Guard>().Where(guard => !guard.Title.Contains("Kata", StringComparison.Ordinal))];

    private static IEnumerable<IStep> Build(string more = "") =>
        new CrioComponent().Build(
            TestFacts.Document($"{{ runtimes: [{{ name: crio, kind: crio {more} }}] }}"),
            TestFacts.Usual
        );
}
