using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Testing.Crasher;

namespace Holdfast.Machine.Tests.Linux;

/// <summary>Files where writing is not as simple as it looks: a full disk, and a file that is a mount point.</summary>
public sealed class FullAndMountedTests : IDisposable
{
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-mount-").FullName;

    public void Dispose()
    {
        foreach (var mount in MountTable.Read().Below(top))
        {
            MountTable.Unmount(mount.Target);
        }

        Directory.Delete(top, recursive: true);
    }

    [Fact]
    public async Task Mounted_file_as_hosts_in_a_container_is_written_in_place_and_undone()
    {
        var outside = Path.Join(top, "outside");
        File.WriteAllText(outside, "original, and longer than what comes");
        var scenario = new NodeScenario(top);
        var hosts = scenario.Machine.At("/etc/hosts");
        Directory.CreateDirectory(Path.GetDirectoryName(hosts)!);
        File.WriteAllText(hosts, "");
        await ChildProcess.RunAsync(new ChildCommand("mount", "--bind", outside, hosts), TimeSpan.FromSeconds(10));

        await ApplyAsync(scenario, new FileChange("/etc/hosts", "short\n"));
        Assert.Equal("short\n", File.ReadAllText(outside));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(hosts)!));

        await scenario.UndoAsync();
        Assert.Equal("original, and longer than what comes", File.ReadAllText(outside));
    }

    [Fact]
    public async Task Full_disk_leaves_the_old_file_and_says_what_to_do()
    {
        var scenario = MakeOnSmallDisk("files/etc");
        var path = scenario.Machine.At("/etc/file");
        File.WriteAllText(path, "old");

        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(scenario, new FileChange("/etc/file", new string('x', 500_000)))
        );

        Assert.Contains("no space left on the disk; free some space", failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task Full_disk_below_the_journal_changes_nothing_of_the_machine()
    {
        var scenario = MakeOnSmallDisk("node/var/lib/holdfast/changes");
        File.WriteAllBytes(Path.Join(scenario.Paths.ChangesDirectory, "filler"), new byte[60_000]);
        var path = scenario.Machine.At("/etc/file");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, new string('o', 20_000));

        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            ApplyAsync(scenario, new FileChange("/etc/file", "new"))
        );

        Assert.Contains("journal of changes", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new string('o', 20_000), File.ReadAllText(path));

        File.Delete(Path.Join(scenario.Paths.ChangesDirectory, "filler"));
        await ApplyAsync(scenario, new FileChange("/etc/file", "new"));
        await scenario.UndoAsync();
        Assert.Equal(new string('o', 20_000), File.ReadAllText(path));
    }

    private static async Task ApplyAsync(NodeScenario scenario, FileChange resource)
    {
        var plan = new NodePlan([new PlanStep("test", resource, Inspection.Differs("not looked at"))], []);
        using var journal = await ChangeJournal.OpenAsync(scenario.Paths, TimeProvider.System, CancellationToken.None);
        await new Applier(NodeKinds.All, scenario.Machine, journal).ApplyAsync(plan, CancellationToken.None);
    }

    /// <summary>A scenario with one directory on a file system of 64 kB.</summary>
    private NodeScenario MakeOnSmallDisk(string directory)
    {
        var at = Path.Join(top, directory);
        Directory.CreateDirectory(at);
        MountTable.MountTmpfs(at, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, 64 * 1024);
        return new NodeScenario(top);
    }
}
