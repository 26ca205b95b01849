using Holdfast.Linux;
using Holdfast.Node.Programs;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Tests.Programs;

/// <summary>Real processes: what becomes of a question when the program is missing, broken, slow or foreign.</summary>
public sealed class AskableProgramsTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Machine machine;

    public AskableProgramsTests()
    {
        machine = new Machine(
            new NodePaths(directory["node"]),
            "/",
            new MemoryServices(),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_program_that_prints_a_version_is_understood()
    {
        var answer = await AskAsync("#!/bin/sh\necho containerd github.com/containerd/containerd v1.7.2 \"$@\"\n");
        Assert.Equal(ProgramOutcome.Answered, answer.Outcome);
        Assert.Contains("--version", answer.Output, StringComparison.Ordinal);
        Assert.Equal("1.7.2", answer.Version.ToString());
    }

    [Fact]
    public async Task A_program_that_is_not_installed_is_missing()
    {
        var question = new ProgramQuestion("holdfast-has-no-such-program", TimeSpan.FromSeconds(30), "--version");
        var answer = await question.AskAsync(machine, CancellationToken.None);
        Assert.Equal(ProgramOutcome.Missing, answer.Outcome);
        Assert.Equal("there is no holdfast-has-no-such-program on this machine", answer.Problem);
    }

    [Theory]
    [InlineData("\u007fELF\u0002\u0001\u0001not of this machine", "cannot run ")]
    [InlineData("#!/no/such/loader\n", "cannot run ")]
    public async Task A_program_that_the_kernel_cannot_start_is_there_and_broken(string content, string problem)
    {
        var answer = await AskAsync(content);
        Assert.Equal(ProgramOutcome.CannotStart, answer.Outcome);
        Assert.StartsWith(problem, answer.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_without_its_library_is_there_and_fails()
    {
        var answer = await AskAsync(
            "#!/bin/sh\necho 'containerd: error while loading shared libraries: libseccomp.so.2' >&2\nexit 127\n"
        );
        Assert.Equal(ProgramOutcome.Failed, answer.Outcome);
        Assert.Contains("libseccomp.so.2", answer.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_killed_and_is_no_exception()
    {
        var answer = await AskAsync("#!/bin/sh\nexec sleep 1000000\n", TimeSpan.FromMilliseconds(300));
        Assert.Equal(ProgramOutcome.Silent, answer.Outcome);
        Assert.Contains("did not end within", answer.Problem, StringComparison.Ordinal);
    }

    private Task<ProgramAnswer> AskAsync(string program, TimeSpan? limit = null)
    {
        var path = directory["containerd"];
        File.WriteAllText(path, program, System.Text.Encoding.Latin1);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var question = AskablePrograms.ContainerdVersion;
        return (limit is { } shorter ? question with { Limit = shorter } : question).AskAsync(
            machine,
            path,
            CancellationToken.None
        );
    }
}
