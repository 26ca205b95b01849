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

        // The "program" prints the arguments of the build that made it.
        Stub(
            "dotnet",
            """
            [ "$1" = publish ] || exit 0
            while [ "$1" != -o ]; do shift; done
            mkdir -p "$2"
            printf '#!/bin/sh\necho "built: %s"\n' "$*" >"$2/holdfast"
            chmod +x "$2/holdfast"
            """
        );
    }

    public void Dispose() => clone.Dispose();

    [Fact]
    public async Task A_machine_with_a_linker_gets_native_code()
    {
        Stub("clang", "exit 0");
        var built = await RunAsync();
        Assert.Contains("CppCompilerAndLinker=clang", built.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("PublishAot=false", built.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("apt", built.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_gets_a_missing_linker_from_apt_and_is_told()
    {
        RemoveLinkers();
        Stub("id", "echo 0");
        Stub("apt-get", $"[ $1 != install ] || printf '#!/bin/sh\\nexit 0\\n' >{clone["bin/gcc"]}");
        var built = await RunAsync();
        Assert.Contains("installing gcc and libc6-dev with apt", built.StandardError, StringComparison.Ordinal);
        Assert.Contains("CppCompilerAndLinker=gcc", built.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "apt could not install them")]
    [InlineData("1000", "apt-get install gcc libc6-dev")]
    public async Task Without_a_linker_the_program_is_built_with_ReadyToRun_and_that_is_told(string user, string reason)
    {
        RemoveLinkers();
        Stub("id", $"echo {user}");
        Stub("apt-get", "exit 100");
        var built = await RunAsync();
        Assert.Contains(reason, built.StandardError, StringComparison.Ordinal);
        Assert.Contains("ReadyToRun", built.StandardError, StringComparison.Ordinal);
        Assert.Contains("PublishAot=false", built.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_built_program_can_be_run_by_all_also_with_a_strict_umask()
    {
        await RunAsync("umask 077; ./holdfast");
        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Assert.Equal(Others, File.GetUnixFileMode(clone[".build/bin/holdfast"]) & Others);
        Assert.Equal(Others, new DirectoryInfo(clone[".build/bin/"]).UnixFileMode & Others);
    }

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

    private void RemoveLinkers()
    {
        foreach (var compiler in new[] { "clang", "gcc" })
        {
            Stub(compiler, "exit 1");
        }
    }

    private void Stub(string name, string script)
    {
        File.WriteAllText(clone[$"bin/{name}"], $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(clone[$"bin/{name}"], (UnixFileMode)0b111_101_101);
    }

    private async Task<ChildResult> RunAsync(string command = "./holdfast")
    {
        var result = await ShellAsync(command);
        Assert.True(result.Succeeded, result.StandardError);
        return result;
    }

    private Task<ChildResult> ShellAsync(string command) =>
        ChildProcess.RunAsync(
            new ChildCommand("sh", "-c", $"cd '{clone.Path}' && {command}")
            {
                Environment = new Dictionary<string, string?>
                {
                    ["PATH"] = $"{clone["bin"]}:{Environment.GetEnvironmentVariable("PATH")}",
                },
            },
            Limit
        );
}
