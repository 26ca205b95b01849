using System.Globalization;
using System.Text;
using Holdfast.Linux;
using Holdfast.Machine.Tests.Software;
using Holdfast.Node;
using Holdfast.Node.Software;
using Holdfast.Testing;
using Holdfast.Testing.Crasher;

namespace Holdfast.Machine.Tests.Node;

/// <summary>Kills a real process at every place where a power cut would hurt, as often as it comes by there.</summary>
public sealed class CrashTests : IDisposable
{
    private static readonly TimeSpan ChildTimeout = TimeSpan.FromMinutes(1);
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-crash-").FullName;

    public void Dispose() => Directory.Delete(top, recursive: true);

    [Theory]
    [InlineData("apply.after-record", 8)]
    [InlineData("apply.after-do", 8)]
    [InlineData("apply.after-mark", 8)]
    [InlineData("file.before-rename", 8)]
    [InlineData("link.before-rename", 1)]
    [InlineData("software.after-unpack", 1)]
    [InlineData("software.before-listing", 1)]
    [InlineData("software.before-switch", 1)]
    [InlineData("software.after-link", 3)]
    public async Task Killed_while_applying_the_next_up_completes_and_undo_returns_to_the_original(
        string point,
        int atLeast
    )
    {
        var times = 0;
        while (true)
        {
            times++;
            var scenario = Make($"{point}-{times}");
            var before = Snapshot(scenario);
            if (!await IsKilledAsync("node-up", scenario, $"{point}@{times}"))
            {
                await scenario.UndoAsync();
                Assert.Equal(before, Snapshot(scenario));
                break;
            }

            await scenario.UpAsync();
            Assert.False((await scenario.PlanAsync()).HasChanges, $"{point}@{times}: up did not complete");
            await AssertUndoneAsync(scenario, before, $"{point}@{times}");
        }

        Assert.True(times > atLeast, $"{point} was reached only {times - 1} times");
    }

    [Theory]
    [InlineData("apply.after-record")]
    [InlineData("apply.after-do")]
    [InlineData("file.before-rename")]
    [InlineData("software.before-listing")]
    [InlineData("software.after-link")]
    public async Task Killed_while_applying_undo_alone_returns_to_the_original(string point)
    {
        for (var times = 1; ; times += LoopLength.IsLong ? 1 : 2)
        {
            var scenario = Make($"{point}-{times}");
            var before = Snapshot(scenario);
            var killed = await IsKilledAsync("node-up", scenario, $"{point}@{times}");
            await AssertUndoneAsync(scenario, before, $"{point}@{times}");
            if (!killed)
            {
                break;
            }
        }
    }

    /// <summary>A file that is a mount point, as /etc/hosts is in a container, cannot be replaced.</summary>
    [Theory]
    [InlineData("node-up")]
    [InlineData("node-undo")]
    public async Task Killed_while_overwriting_a_mounted_file_the_next_run_finishes_it(string verb)
    {
        for (var times = 1; ; times++)
        {
            var scenario = Make($"{verb}-{times}");
            var hosts = scenario.Machine.At("/etc/hosts");
            var outside = Path.Join(top, $"outside-{times}");
            File.Copy(hosts, outside);
            var mount = new ChildCommand("mount", "--bind", outside, hosts);
            Assert.True((await ChildProcess.RunAsync(mount, ChildTimeout)).Succeeded);
            try
            {
                var before = Snapshot(scenario);
                if (verb == "node-undo")
                {
                    await scenario.UpAsync();
                }

                var killed = await IsKilledAsync(verb, scenario, $"file.before-overwrite@{times}");
                if (verb == "node-up")
                {
                    await scenario.UpAsync();
                    Assert.False((await scenario.PlanAsync()).HasChanges, $"@{times}: up did not complete");
                }

                await AssertUndoneAsync(scenario, before, $"{verb}@{times}");
                if (!killed)
                {
                    Assert.True(times > 1, "no mounted file was ever overwritten");
                    break;
                }
            }
            finally
            {
                MountTable.Unmount(hosts, detach: true);
            }
        }
    }

    /// <summary>The fault points are where it is known to hurt; this looks for the places that nobody thought of.</summary>
    [Fact]
    public async Task Killed_at_random_moments_the_next_run_completes_and_undo_returns_to_the_original()
    {
        var turns = LoopLength.Of(few: 8, many: 300);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var (killed, ended) = (0, 0);
        for (var turn = 0; turn < turns; turn++)
        {
            var told = $"seed {seed}, turn {turn}";
            var scenario = Make($"random-{turn}");
            var before = Snapshot(scenario);
            var verb = new[] { "node-up", "node-upgrade", "node-rollback", "node-undo" }[random.Next(4)];
            if (verb != "node-up")
            {
                await scenario.UpAsync();
            }

            _ = await IsKilledAfterAsync(TimeSpan.FromSeconds(random.NextDouble()), verb, scenario)
                ? killed++
                : ended++;
            if (verb != "node-undo" && random.Next(2) == 0)
            {
                scenario.Version = verb == "node-upgrade" ? 2 : 1;
                await scenario.UpAsync();
                Assert.False((await scenario.PlanAsync()).HasChanges, $"{told}: up did not complete after {verb}");
            }

            await AssertUndoneAsync(scenario, before, $"{told}: {verb}");
            Directory.Delete(Path.GetDirectoryName(scenario.Paths.Root)!, recursive: true);
        }

        LoopLength.Tell(
            $"kills of the engine's verbs: {killed} in the middle, {ended} after the end, 0 differences (seed {seed})"
        );
    }

    [Fact]
    public async Task Killed_while_fetching_an_archive_the_next_up_goes_on_and_undo_returns_to_the_original()
    {
        await using var server = await FileServer.StartAsync();
        for (var times = 1; ; times++)
        {
            var scenario = Make($"download-{times}");
            var before = Snapshot(scenario);
            server.Content = await File.ReadAllBytesAsync(scenario.ArchivePath(1));
            scenario.FetchFrom(server.Address);
            var killed = await IsKilledAsync("node-up", scenario, $"download.after-write@{times}");
            await scenario.UpAsync();
            Assert.False((await scenario.PlanAsync()).HasChanges, $"@{times}: up did not complete");
            await AssertUndoneAsync(scenario, before, $"@{times}");
            if (!killed)
            {
                Assert.True(times > 1, "a download was never cut short");
                break;
            }
        }
    }

    [Theory]
    [InlineData("undo.after-undo")]
    [InlineData("file.before-rename")]
    [InlineData("software.before-restore")]
    public async Task Killed_while_undoing_the_next_undo_goes_on(string point)
    {
        for (var times = 1; ; times++)
        {
            var scenario = Make($"{point}-{times}");
            var before = Snapshot(scenario);
            await scenario.UpAsync();
            var killed = await IsKilledAsync("node-undo", scenario, $"{point}@{times}");
            await AssertUndoneAsync(scenario, before, $"{point}@{times}");
            if (!killed)
            {
                Assert.True(times > 3, $"{point} was reached only {times - 1} times");
                break;
            }
        }
    }

    [Theory]
    [InlineData("software.before-listing", 1)]
    [InlineData("software.after-link", 2)]
    [InlineData("apply.after-do", 1)]
    public async Task Killed_while_upgrading_the_next_up_completes_and_undo_returns_to_the_original(
        string point,
        int atLeast
    )
    {
        for (var times = 1; ; times++)
        {
            var scenario = Make($"{point}-{times}");
            var before = Snapshot(scenario);
            await scenario.UpAsync();
            var old = Snapshot(scenario);
            var killed = await IsKilledAsync("node-upgrade", scenario, $"{point}@{times}");
            scenario.Version = 2;
            await scenario.UpAsync();
            Assert.False((await scenario.PlanAsync()).HasChanges, $"{point}@{times}: the upgrade did not complete");
            Assert.NotEqual(old, Snapshot(scenario));
            await AssertUndoneAsync(scenario, before, $"{point}@{times}");
            if (!killed)
            {
                Assert.True(times > atLeast, $"{point} was reached only {times - 1} times");
                break;
            }
        }
    }

    [Theory]
    [InlineData("rollback.before-step", 1)]
    [InlineData("software.before-restore", 2)]
    public async Task Killed_while_rolling_an_upgrade_back_the_next_one_brings_the_old_version_back(
        string point,
        int atLeast
    )
    {
        for (var times = 1; ; times++)
        {
            var scenario = Make($"{point}-{times}");
            var before = Snapshot(scenario);
            await scenario.UpAsync();
            var old = Snapshot(scenario);
            var killed = await IsKilledAsync("node-rollback", scenario, $"{point}@{times}");
            if (killed)
            {
                await scenario.UpgradeAndRollBackAsync();
            }

            Assert.Equal(old, Snapshot(scenario));
            Assert.False((await scenario.PlanAsync()).HasChanges, $"{point}@{times}: the old version is not complete");
            await AssertUndoneAsync(scenario, before, $"{point}@{times}");
            if (!killed)
            {
                Assert.True(times > atLeast, $"{point} was reached only {times - 1} times");
                break;
            }
        }
    }

    [Fact]
    public async Task Lock_of_a_killed_process_does_not_stick()
    {
        var paths = new NodePaths(top);
        Directory.CreateDirectory(paths.ChangesDirectory);
        var child = DetachedProcess.Start(
            [.. NodeScenario.ChildCommand, "node-lock", paths.ChangesDirectory],
            new Dictionary<string, string>(),
            Path.Join(top, "out")
        );
        try
        {
            await Until(() => File.ReadAllText(Path.Join(top, "out")).Contains("locked", StringComparison.Ordinal));
            var busy = await Assert.ThrowsAsync<NodeException>(() => OpenAsync(paths));
            Assert.Equal(NodeReason.Busy, busy.Reason);
            Assert.Contains($"process {child.ProcessId} ", busy.Message, StringComparison.Ordinal);
        }
        finally
        {
            ProcessTable.Signal(child, ProcessTable.SigKill);
            await ProcessTable.WaitForExitAsync(child, ChildTimeout, TimeProvider.System, CancellationToken.None);
            DetachedProcess.Reap(child);
        }

        using var journal = await OpenAsync(paths);
        Assert.Empty(journal.Changes);
    }

    internal static async Task Until(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < ChildTimeout, "it did not come true in time");
            await Task.Delay(20);
        }
    }

    private static Task<ChangeJournal> OpenAsync(NodePaths paths) =>
        ChangeJournal.OpenAsync(paths, TimeProvider.System, CancellationToken.None);

    private NodeScenario Make(string name)
    {
        var scenario = new NodeScenario(Path.Join(top, name));
        scenario.MakeOriginal();
        return scenario;
    }

    private static async Task AssertUndoneAsync(NodeScenario scenario, string before, string where)
    {
        var result = await scenario.UndoAsync();
        Assert.True(before == Snapshot(scenario), $"{where}: {before}\n---- is not\n{Snapshot(scenario)}");
        Assert.Empty(result.Notes);
        Assert.Empty(result.Failures);
        var status = await scenario.Services.StatusAsync(NodeScenario.ServiceName, CancellationToken.None);
        Assert.False(status.IsRunning, $"{where}: the service runs on");
        Assert.False(File.Exists(Path.Join(scenario.Paths.ChangesDirectory, "journal.jsonl")));
    }

    private static async Task<bool> IsKilledAfterAsync(TimeSpan time, string verb, NodeScenario scenario)
    {
        string[] timeout =
        [
            "-s",
            "KILL",
            time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture),
            .. NodeScenario.ChildCommand,
            verb,
            Path.GetDirectoryName(scenario.Paths.Root)!,
        ];
        var result = await ChildProcess.RunAsync(new ChildCommand("timeout", timeout), ChildTimeout);
        Assert.True(result.ExitCode is 0 or 137, $"{verb}: {result.StandardError}");
        return result.ExitCode == 137;
    }

    private static async Task<bool> IsKilledAsync(string verb, NodeScenario scenario, string fault)
    {
        var command = NodeScenario.ChildCommand;
        var root = Path.GetDirectoryName(scenario.Paths.Root)!;
        var result = await ChildProcess.RunAsync(
            new ChildCommand(command[0], [.. command.Skip(1), verb, root])
            {
                Environment = new Dictionary<string, string?> { ["HOLDFAST_FAULT"] = fault },
            },
            ChildTimeout
        );
        Assert.True(result.ExitCode is 0 or 137, $"{verb} with {fault}: {result.StandardError}");
        return result.ExitCode == 137;
    }

    /// <summary>Every file and directory of the machine: kind, mode, owner, content.</summary>
    private static string Snapshot(NodeScenario scenario)
    {
        var text = new StringBuilder();
        var root = scenario.Machine.At("/");
        foreach (var path in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Order())
        {
            var status = FileStatus.Read(path, followLink: false)!;
            var hash =
                status.Kind == FileKind.Regular
                    ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))
                    : "";
            text.Append($"{path[root.Length..]} {status.Kind} {status.Mode} {status.Owner} {hash}\n");
        }

        return text.ToString();
    }
}
