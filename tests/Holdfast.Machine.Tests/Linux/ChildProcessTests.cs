using Holdfast.Linux;

namespace Holdfast.Machine.Tests.Linux;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Output_errors_input_environment_and_exit_code_come_through()
    {
        var lines = new List<string>();
        var result = await ChildProcess.RunAsync(
            new ChildCommand("sh", "-c", "cat; echo $WORD >&2; printf 'no line feed'; exit 7")
            {
                StandardInput = "from outside\n"u8.ToArray(),
                Environment = new Dictionary<string, string?> { ["WORD"] = "grün" },
                OnOutputLine = lines.Add,
            },
            Long
        );
        Assert.Equal(
            (7, "from outside\nno line feed", "grün\n"),
            (result.ExitCode, result.StandardOutput, result.StandardError)
        );
        Assert.Equal(["from outside", "no line feed"], lines);
    }

    [Fact]
    public async Task Command_in_a_session_of_its_own_is_out_of_reach_of_the_terminal_and_tells_its_exit_code()
    {
        const string SessionAndExit = "cut -d' ' -f6 /proc/$$/stat; exit 3";
        var ours = await ChildProcess.RunAsync(new ChildCommand("sh", "-c", SessionAndExit), Long);
        var own = await ChildProcess.RunAsync(
            new ChildCommand("sh", "-c", SessionAndExit) { HasOwnSession = true },
            Long
        );
        Assert.Equal((3, 3), (ours.ExitCode, own.ExitCode));
        Assert.NotEqual(ours.StandardOutput, own.StandardOutput);
    }

    [Fact]
    public async Task Command_that_does_not_end_is_killed_with_its_children()
    {
        var failure = await Assert.ThrowsAsync<LinuxException>(() =>
            ChildProcess.RunAsync(new ChildCommand("sh", "-c", "sleep 86400 & wait"), TimeSpan.FromMilliseconds(300))
        );
        Assert.Equal(LinuxReason.TimedOut, failure.Reason);
    }

    [Fact]
    public async Task Daemon_that_keeps_the_pipe_open_is_not_waited_for()
    {
        var start = TimeProvider.System.GetTimestamp();
        var result = await ChildProcess.RunAsync(new ChildCommand("sh", "-c", "echo done; sleep 15 &"), Long);
        Assert.Equal("done\n", result.StandardOutput);
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task Program_that_does_not_exist_is_a_reason()
    {
        var failure = await Assert.ThrowsAsync<LinuxException>(() =>
            ChildProcess.RunAsync(new ChildCommand("no-such-program"), Long)
        );
        Assert.Equal(LinuxReason.NotFound, failure.Reason);
    }

    [Fact]
    public async Task Endless_output_is_bounded()
    {
        var result = await ChildProcess.RunAsync(new ChildCommand("head", "-c", "9000000", "/dev/zero"), Long);
        Assert.Equal(ChildProcess.MaxOutputLength, result.StandardOutput.Length);
    }
}
