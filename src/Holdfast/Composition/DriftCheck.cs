using System.Text.Json;
using Holdfast.Agent.NodeStatus;
using Holdfast.Linux;
using Holdfast.Terminal;

namespace Holdfast.Composition;

/// <summary>
/// The daemon's look at its machine: <c>holdfast check</c> in a process of its own, so that the daemon stays as small as
/// it is. For one caller at a time.
/// </summary>
/// <param name="document">The file that the daemon read; null when it runs by the built-in document.</param>
internal sealed class DriftCheck(NodePaths paths, string? document)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>More in one line is read by nobody; all of it is told by <c>holdfast check</c>.</summary>
    private const int MaxNamed = 3;

    private NodeDrift last = new(IsDrifted: null, "the machine was not checked yet");

    public async Task<NodeDrift> FindAsync(CancellationToken cancellationToken)
    {
        // Half of an apply is no drift. It may also begin while the check runs.
        if (!ChangeJournal.IsHeld(paths))
        {
            var found = await CheckAsync(cancellationToken);
            last = ChangeJournal.IsHeld(paths) ? last : found;
        }

        return last;
    }

    private async Task<NodeDrift> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            string[] file = document is null ? [] : ["-f", document];
            var command = new ChildCommand(
                Environment.ProcessPath!,
                ["--root", paths.Root, "check", "-o", "json", .. file]
            );
            var answer = await ChildProcess.RunAsync(command, Limit, cancellationToken);
            return answer.ExitCode is ExitCode.Ok or ExitCode.Drift
                ? Read(JsonSerializer.Deserialize(answer.StandardOutput, OutputJson.Readable.CheckOutput)!)
                : Unknown(answer.LastErrorLine);
        }
        catch (Exception failure) when (failure is LinuxException or JsonException)
        {
            return Unknown(failure.Message);
        }
    }

    private static NodeDrift Read(CheckOutput check)
    {
        var different = check.Steps.Where(step => step.State != StepOutput.IsOk).ToArray();
        var foreign = check.Findings.Where(finding => finding.IsDrift).ToArray();
        if (different.Length == 0 && foreign.Length > 0)
        {
            return new NodeDrift(
                IsDrifted: true,
                $"the machine is not, or will not stay, as {check.Document} says: {foreign[0].What}. To mend it: {foreign[0].Remedy}"
            );
        }

        if (different.Length == 0)
        {
            return new NodeDrift(IsDrifted: false, $"the machine is as {check.Document} says");
        }

        var named = different
            .Take(MaxNamed)
            .Select(step => step.Suspect is { } suspect ? $"{step.Summary} ({suspect})" : step.Summary);
        var more = different.Length > MaxNamed ? $"; and {different.Length - MaxNamed} more" : "";
        return new NodeDrift(
            IsDrifted: true,
            $"the machine is not as {check.Document} says: {string.Join("; ", named)}{more}. To mend it: holdfast up"
        );
    }

    private static NodeDrift Unknown(string cause) => new(IsDrifted: null, $"cannot check the machine: {cause}");
}
