using System.Collections.Concurrent;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// One containerd's program, asked for its version whenever the file is another than before: steps of a plan install and
/// upgrade it. Safe from any thread.
/// </summary>
internal sealed class ContainerdProgram(string path)
{
    private readonly ConcurrentDictionary<DateTimeOffset, Task<Version?>> versions = [];

    public string Path => path;

    /// <summary>Null when it is not installed.</summary>
    public async Task<Version?> ReadVersionAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (machine.Status(path) is not { } status)
        {
            return null;
        }
        // Several inspections ask at once; one process answers all of them.
        return await versions.GetOrAdd(status.ChangedAt, _ => AskAsync(machine, cancellationToken));
    }

    /// <summary>What this containerd sees when it is started with a configuration file.</summary>
    /// <exception cref="NodeException">It refuses the file; with the last line that it says.</exception>
    public async Task<string> DumpConfigAsync(Machine machine, string configFile, CancellationToken cancellationToken)
    {
        var question = AskablePrograms.ContainerdConfig(machine.At(configFile));
        var answer = await question.AskAsync(machine, machine.At(path), cancellationToken);
        return answer.IsAnswered
            ? answer.Output
            : throw new NodeException(
                NodeReason.RuntimeFailed,
                $"cannot use {configFile}: containerd refuses it: {answer.Problem}; correct the file or the node document"
            );
    }

    private async Task<Version?> AskAsync(Machine machine, CancellationToken cancellationToken)
    {
        var question = AskablePrograms.ContainerdVersion;
        var answer = await question.AskAsync(machine, machine.At(path), cancellationToken);
        if (!answer.IsAnswered)
        {
            throw new NodeException(
                NodeReason.RuntimeFailed,
                $"cannot learn the version of {path}: {answer.Problem}; install a containerd that runs on this machine"
            );
        }
        return SoftwareVersion.Find(answer.Output);
    }
}
