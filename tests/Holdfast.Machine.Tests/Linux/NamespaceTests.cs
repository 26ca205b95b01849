using System.Globalization;
using Holdfast.Linux;

namespace Holdfast.Machine.Tests.Linux;

/// <summary>What this room says of the machine from inside containers: a process of its own, in namespaces of its own.</summary>
public sealed class NamespaceTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "Holdfast.Testing.Crasher.dll");
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-namespace-").FullName;

    public void Dispose() => Directory.Delete(top, recursive: true);

    [Fact]
    public async Task Stray_version_1_mount_leaves_a_unified_machine_unified()
    {
        Directory.CreateDirectory(Path.Join(top, "stray"));
        const string mounts =
            "mount -t cgroup2 none /sys/fs/cgroup && mount -t cgroup -o net_cls none \"$1/stray\" && exec dotnet \"$2\" cgroup-mode";
        Assert.Equal("V2", await RunAsync("unshare", "-m", "sh", "-c", mounts, "sh", top, Program));
    }

    [Fact]
    public async Task Cgroup_mode_is_what_runtimes_see_at_the_usual_place()
    {
        var type = await RunAsync("stat", "-f", "-c", "%T", "/sys/fs/cgroup");
        Assert.Equal(type == "cgroup2fs", Cgroups.Read().Mode == CgroupMode.V2);
    }

    /// <summary>lxcfs shows a container's own uptime, while /proc/PID/stat still counts from the boot of the host.</summary>
    [Fact]
    public async Task Start_time_is_right_where_a_container_has_an_uptime_of_its_own()
    {
        var uptime = Path.Join(top, "uptime");
        File.WriteAllText(uptime, "3.00 1.00\n");
        const string mount = "mount --bind \"$1\" /proc/uptime && exec dotnet \"$2\" own-age";
        AssertIsYoung(await RunAsync("unshare", "-m", "sh", "-c", mount, "sh", uptime, Program));
    }

    [Fact]
    public async Task Start_time_is_right_in_a_time_namespace() =>
        AssertIsYoung(
            await RunAsync("unshare", "--time", "--boottime", "1000000", "--fork", "dotnet", Program, "own-age")
        );

    private static void AssertIsYoung(string seconds) =>
        Assert.InRange(double.Parse(seconds, CultureInfo.InvariantCulture), 0, Limit.TotalSeconds);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(new ChildCommand(program, arguments), Limit);
        Assert.True(result.Succeeded, result.StandardError);
        return result.StandardOutput.Trim();
    }
}
