using System.Diagnostics;
using Holdfast.Node;
using Holdfast.Node.Runtimes.Images;

namespace Holdfast.Machine.Tests.NodeRuntimes;

[Collection("machine")]
public sealed class PauseProgramTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hfpause").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task It_ends_at_once_on(string signal)
    {
        using var pause = Process.Start(Write("amd64"), []);
        await Task.Delay(200);
        Assert.False(pause.HasExited);
        await PrivateNode.RunAsync("/bin/kill", $"-{signal}", $"{pause.Id}");
        await pause.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        Assert.Equal(0, pause.ExitCode);
    }

    [Fact]
    public async Task Other_signals_do_not_wake_it_for_good()
    {
        using var pause = Process.Start(Write("amd64"), []);
        await Task.Delay(200);
        await PrivateNode.RunAsync("/bin/kill", "-CHLD", $"{pause.Id}");
        await PrivateNode.RunAsync("/bin/kill", "-STOP", $"{pause.Id}");
        await PrivateNode.RunAsync("/bin/kill", "-CONT", $"{pause.Id}");
        await Task.Delay(200);
        Assert.False(pause.HasExited);
        await PrivateNode.RunAsync("/bin/kill", "-TERM", $"{pause.Id}");
        await pause.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        Assert.Equal(0, pause.ExitCode);
    }

    [Fact]
    public async Task As_process_1_it_reaps_orphans_and_takes_SIGTERM()
    {
        // The shell is process 1, leaves orphans behind and becomes pause.
        var script = "for i in 1 2 3 4 5; do (sleep 0.3 &) ; done; exec " + Write("amd64");
        using var unshare = Process.Start("unshare", ["--pid", "--fork", "sh", "-c", script]);
        await Task.Delay(200);
        var pause = (await PrivateNode.RunAsync("ps", "-o", "pid=", "--ppid", $"{unshare.Id}")).Trim();
        Assert.Equal("pause-amd64", (await File.ReadAllTextAsync($"/proc/{pause}/comm")).Trim());
        var clock = Stopwatch.StartNew();
        while ((await PrivateNode.RunAsync("ps", "-o", "stat=", "--ppid", pause)).Trim().Length > 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "orphans are left");
            await Task.Delay(50);
        }
        await PrivateNode.RunAsync("/bin/kill", "-TERM", pause);
        await unshare.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        Assert.Equal(0, unshare.ExitCode);
    }

    private string Write(string architecture)
    {
        var path = Path.Join(directory, $"pause-{architecture}");
        File.WriteAllBytes(path, PauseImage.Program(architecture));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
