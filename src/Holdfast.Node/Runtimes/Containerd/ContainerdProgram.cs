using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Holdfast.Linux;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// One containerd's program, asked for its version whenever the file is another than before: steps of a plan install and
/// upgrade it. Safe from any thread.
/// </summary>
internal sealed partial class ContainerdProgram(string path)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

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
    /// <exception cref="NodeException">It refuses the file; with its own words.</exception>
    public async Task<string> DumpConfigAsync(Machine machine, string configFile, CancellationToken cancellationToken)
    {
        var command = new ChildCommand(machine.At(path), ["--config", machine.At(configFile), "config", "dump"]);
        var result = await machine.RunAsync(command, Timeout, cancellationToken);
        return result.Succeeded
            ? result.StandardOutput
            : throw new NodeException(
                NodeReason.RuntimeFailed,
                $"cannot use {configFile}: containerd refuses it: {result.LastErrorLine}; correct the file or the node document"
            );
    }

    private async Task<Version?> AskAsync(Machine machine, CancellationToken cancellationToken)
    {
        var result = await machine.RunAsync(
            new ChildCommand(machine.At(path), ["--version"]),
            Timeout,
            cancellationToken
        );
        var match = VersionPattern().Match(result.StandardOutput);
        return result.Succeeded && match.Success && Version.TryParse(match.Value, out var version) ? version : null;
    }

    /// <summary>Debian's says <c>1.6.20~ds1</c>, the project's own <c>v1.7.2</c>.</summary>
    [GeneratedRegex(@"\d+\.\d+\.\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
