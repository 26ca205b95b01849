using Holdfast.Linux;

namespace Holdfast.Node.Programs;

/// <summary>
/// Every program that may be started while Holdfast only looks, with the arguments that are known to make it print its
/// answer and end. A program that is not here is not started to learn something: edgecore takes <c>--version</c> for no
/// question at all, starts an agent, and registers the node.
/// </summary>
internal static class AskablePrograms
{
    /// <summary>
    /// A program that is read from a slow card on a loaded or emulated processor needs many seconds to start. All of these
    /// answer without a network.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static ProgramQuestion ContainerdVersion { get; } = new("containerd", Limit, "--version");

    public static ProgramQuestion CtrImportHelp { get; } = new("ctr", Limit, "images", "import", "--help");

    public static ProgramQuestion KubeadmVersion { get; } = new("kubeadm", Limit, "version", "-o", "short");

    public static ProgramQuestion KubeadmResetHelp { get; } = new("kubeadm", Limit, "reset", "--help");

    public static ProgramQuestion KubeletVersion { get; } = new("kubelet", Limit, "--version");

    public static ProgramQuestion KeadmVersion { get; } = new("keadm", Limit, "version");

    public static ProgramQuestion KeadmJoinHelp { get; } = new("keadm", Limit, "join", "--help");

    public static ProgramQuestion KeadmResetHelp { get; } = new("keadm", Limit, "reset", "--help");

    public static ProgramQuestion YurtadmJoinHelp { get; } = new("yurtadm", Limit, "join", "--help");

    /// <summary>The configuration that containerd reads from a file and the files that it imports.</summary>
    /// <param name="configFile">Where the file really is.</param>
    public static ProgramQuestion ContainerdConfig(string configFile) =>
        new("containerd", Limit, "--config", configFile, "config", "dump");

    /// <summary>The command VERSION of the CNI specification, which a plugin answers with JSON.</summary>
    /// <param name="plugin">For example <c>bridge</c>.</param>
    /// <param name="directory">Where plugins are, as the plugin sees it.</param>
    public static ProgramQuestion CniVersions(string plugin, string directory) =>
        new(plugin, Limit)
        {
            Environment = new Dictionary<string, string?> { ["CNI_COMMAND"] = "VERSION", ["CNI_PATH"] = directory },
            StandardInput = "{\"cniVersion\":\"0.4.0\"}"u8.ToArray(),
        };
}

/// <summary>A question that a program answers by printing something and ending, with nothing changed.</summary>
/// <param name="Program">Its name, looked up in PATH.</param>
/// <param name="Limit">After which it is killed.</param>
internal sealed record ProgramQuestion(string Program, TimeSpan Limit, params IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Null: nothing can be read.</summary>
    public ReadOnlyMemory<byte>? StandardInput { get; init; }

    public override string ToString() => Arguments.Count == 0 ? Program : $"{Program} {string.Join(' ', Arguments)}";

    /// <summary>Asks. Whatever the program does is an answer.</summary>
    /// <param name="path">Where the program really is; null looks its name up in PATH.</param>
    public async Task<ProgramAnswer> AskAsync(Machine machine, string? path, CancellationToken cancellationToken)
    {
        var command = new ChildCommand(path ?? Program, Arguments)
        {
            Environment = Environment,
            StandardInput = StandardInput,
        };
        try
        {
            var result = await machine.RunAsync(command, Limit, cancellationToken);
            return result.Succeeded
                ? new ProgramAnswer(ProgramOutcome.Answered, result.StandardOutput, result.StandardError)
                : ProgramAnswer.Wrong(ProgramOutcome.Failed, $"\"{this}\" fails: {result.LastErrorLine}");
        }
        catch (LinuxException cause) when (cause.Reason == LinuxReason.TimedOut)
        {
            return ProgramAnswer.Wrong(ProgramOutcome.Silent, cause.Message);
        }
        catch (LinuxException cause) when (cause.Reason == LinuxReason.NotFound && !IsThere(machine, path))
        {
            return ProgramAnswer.Wrong(ProgramOutcome.Missing, $"there is no {Program} on this machine");
        }
        catch (LinuxException cause)
        {
            return ProgramAnswer.Wrong(ProgramOutcome.CannotStart, cause.Message);
        }
    }

    public Task<ProgramAnswer> AskAsync(Machine machine, CancellationToken cancellationToken) =>
        AskAsync(machine, path: null, cancellationToken);

    /// <summary>A program whose interpreter or loader is missing cannot be found either, in the kernel's words.</summary>
    private bool IsThere(Machine machine, string? path) =>
        path is not null ? File.Exists(path) : ProgramPath.Find(machine, Program) is not null;
}

internal enum ProgramOutcome
{
    Answered,

    /// <summary>It is not installed.</summary>
    Missing,

    /// <summary>It is there, and the kernel cannot start it: made for another architecture, not executable, without its loader.</summary>
    CannotStart,

    /// <summary>It ended with an error; a library that is missing looks like this.</summary>
    Failed,

    /// <summary>It did not end in time, and was killed.</summary>
    Silent,
}

/// <param name="Output">What it printed; empty unless it answered.</param>
/// <param name="Errors">What it printed to standard error.</param>
internal sealed record ProgramAnswer(ProgramOutcome Outcome, string Output, string Errors)
{
    /// <summary>Why there is no answer, as a clause of a message; null when there is one.</summary>
    public string? Problem { get; private init; }

    public bool IsAnswered => Outcome == ProgramOutcome.Answered;

    /// <summary>The first version in the answer; null when there is none.</summary>
    public ProgramVersion? Version => ProgramVersion.Find(Output) ?? ProgramVersion.Find(Errors);

    public static ProgramAnswer Wrong(ProgramOutcome outcome, string problem) =>
        new(outcome, "", "") { Problem = problem };
}
