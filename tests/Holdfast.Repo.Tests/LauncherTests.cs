using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.Repo.Tests;

/// <summary>
/// The launcher in a clone of its own, where <c>dotnet</c>, the compilers and apt are scripts: what it decides and leaves behind. The
/// true build is what every other test of the program begins with.
/// </summary>
public sealed class LauncherTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory clone = new("hflaunch");

    public LauncherTests()
    {
        File.Copy(Path.Join(RepositoryFiles.Root, "holdfast"), clone["holdfast"]);
        foreach (var directory in new[] { "eng", "src/Holdfast", "bin" })
        {
            Directory.CreateDirectory(clone[directory]);
        }

        foreach (var file in new[] { "Directory.Build.props", "Directory.Packages.props", "global.json" })
        {
            File.Copy(Path.Join(RepositoryFiles.Root, file), clone[file]);
        }
    }

    public void Dispose() => clone.Dispose();

    /// <summary>The counter of seconds runs beside the build, only at a terminal, and had inherited the lock.</summary>
    [Fact]
    public async Task A_launcher_killed_while_it_builds_leaves_no_lock_and_no_counter()
    {
        Stub("dotnet", $"[ \"$1\" = publish ] || exit 0; echo $PPID >{clone["pid"]}; exec sleep 1000");
        // The shell around it keeps the terminal, as a person's does.
        await using var terminal = DaemonProcess.Start(
            clone["log"],
            "script",
            "-qec",
            $"PATH={clone["bin"]}:$PATH {clone["holdfast"]}; sleep 1000",
            "/dev/null"
        );
        await Eventually.IsTrueAsync("the build runs", () => File.Exists(clone["pid"]));
        await Eventually.IsTrueAsync("it counts", () => terminal.LogTail().Contains("1 s;", StringComparison.Ordinal));
        await ShellAsync($"kill -9 {(await File.ReadAllTextAsync(clone["pid"])).Trim()}");
        Assert.True((await ShellAsync($"flock -n {clone[".build/lock"]} true")).Succeeded, "the lock is held");
        await Eventually.IsTrueAsync(
            "the counter ended",
            async () => (await ShellAsync($"pgrep -f {clone["holdfast"]}$")).ExitCode == 1
        );
    }

    private void Stub(string name, string script)
    {
        File.WriteAllText(clone[$"bin/{name}"], $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(clone[$"bin/{name}"], (UnixFileMode)0b111_101_101);
    }

    private Task<ChildResult> ShellAsync(string command) =>
        ChildProcess.RunAsync(
            new ChildCommand("sh", "-c", command)
            {
                WorkingDirectory = clone.Path,
                Environment = new Dictionary<string, string?>
                {
                    ["PATH"] = $"{clone["bin"]}:{Environment.GetEnvironmentVariable("PATH")}",
                },
            },
            Limit
        );
}
