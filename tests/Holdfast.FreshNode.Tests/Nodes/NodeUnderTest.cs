using System.Diagnostics;
using System.Globalization;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests.Nodes;

/// <summary>
/// A machine nobody has touched, with the clone under test in <c>/root/holdfast</c>; gone when disposed, also when the test
/// process is killed. Commands run on it as root. Not thread-safe, except that commands may overlap.
/// </summary>
internal abstract partial class NodeUnderTest : IAsyncDisposable
{
    protected const string ClonePath = "/root/holdfast";

    /// <summary>What a command runs with: nothing of the environment that the tests were started in.</summary>
    protected const string CleanEnvironment =
        "env -i HOME=/root LANG=C.UTF-8 USER=root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Of a command of which the test says nothing else.</summary>
    protected static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(3);

    private static int count;

    /// <param name="directory">Where the machine that runs the tests keeps what the node is made of.</param>
    protected NodeUnderTest(string name, string directory, string address)
    {
        Name = name;
        Directory = directory;
        Address = address;
    }

    /// <summary>Also its host name.</summary>
    public string Name { get; }

    public string Address { get; }

    protected string Directory { get; }

    /// <summary>Runs a shell script on the node, in the clone; any exit code is a result.</summary>
    public abstract Task<ChildResult> RunAsync(string script, TimeSpan? limit = null);

    /// <summary>As <see cref="RunAsync"/>, but fails the test with everything that was said when the exit code is not 0.</summary>
    public async Task<string> RequireAsync(string script, TimeSpan? limit = null)
    {
        var result = await RunAsync(script, limit);
        if (!result.Succeeded)
        {
            Assert.Fail(
                $"in {Name}: {script}\nexit code {result.ExitCode}\n{result.StandardOutput}\n{result.StandardError}"
            );
        }

        return result.StandardOutput;
    }

    /// <summary>As people end it: with the installed command, from a directory that has nothing to do with it.</summary>
    public Task<string> DownAsync(TimeSpan? limit = null) => RequireAsync("cd / && holdfast down --purge", limit);

    /// <summary>Repeats a script until it succeeds.</summary>
    public async Task<string> WaitUntilAsync(string script, TimeSpan limit)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var result = await RunAsync(script);
            if (result.Succeeded)
            {
                return result.StandardOutput;
            }

            if (since.Elapsed > limit)
            {
                Assert.Fail(
                    $"in {Name}, not within {limit.TotalSeconds} s: {script}\n{result.StandardOutput}\n{result.StandardError}"
                );
            }

            await Task.Delay(200);
        }
    }

    /// <summary>An orderly reboot; returns when the node is up again.</summary>
    public abstract Task RebootAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>A new name, and an empty directory for it.</summary>
    protected static (string Name, string Directory) NextPlace()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"hf{Environment.ProcessId}-{Interlocked.Increment(ref count)}"
        );
        var directory = Path.Join("/var/tmp/holdfast-fresh-nodes", name);
        System.IO.Directory.CreateDirectory(directory);
        return (name, directory);
    }

    protected static Task OnHostAsync(string program, params string[] arguments) =>
        RequiredCommand.RunAsync(
            "cannot make a fresh node",
            new ChildCommand(program, arguments),
            TimeSpan.FromMinutes(2)
        );
}
