using System.Diagnostics;
using Holdfast.Linux;

namespace Holdfast.Benchmarks.Measuring;

/// <summary>
/// Times <c>holdfast plan</c> and <c>holdfast up</c> where nothing is to change, from the start of the process to its end, and
/// the same steps as an Ansible play. A machine that is no node yet
/// is made one and put back afterwards.
/// </summary>
internal sealed class UpTiming(string program)
{
    private const int Times = 7;

    // The first up installs packages.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Whether Holdfast has made this machine a node before.</summary>
    public static bool IsNode =>
        Directory.Exists(NodePaths.Default.ChangesDirectory) && File.Exists(NodePaths.Default.NodeDocument);

    /// <exception cref="InvalidOperationException">A verb or the play failed; the message has what it said.</exception>
    public async Task<(Samples Plan, Samples Up, Samples Ansible)> MeasureAsync(CancellationToken ct)
    {
        var wasNode = IsNode;
        try
        {
            if (!wasNode)
                await RunAsync("up", ct);
            return (await TimeAsync("plan", ct), await TimeAsync("up", ct), await AnsiblePlay.MeasureAsync(ct));
        }
        finally
        {
            if (!wasNode)
                await RunAsync("down", CancellationToken.None);
        }
    }

    private async Task<Samples> TimeAsync(string verb, CancellationToken ct)
    {
        var times = new Samples();
        for (var i = 0; i < Times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await RunAsync(verb, ct);
            times.Add(Stopwatch.GetElapsedTime(started));
        }
        return times;
    }

    private async Task RunAsync(string verb, CancellationToken ct)
    {
        var result = await ChildProcess.RunAsync(new ChildCommand(program, [verb]), Limit, ct);
        if (!result.Succeeded)
            throw new InvalidOperationException(
                $"holdfast {verb} ended with {result.ExitCode}:\n{result.StandardOutput}{result.StandardError}"
            );
    }
}
