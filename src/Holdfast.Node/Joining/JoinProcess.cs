using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>Runs a joining tool: its progress is shown, its secrets are not, its complaints become an exception.</summary>
internal static class JoinProcess
{
    /// <summary>A first control plane pulls a gigabyte of images over a slow line.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <param name="purpose">For example <c>cannot join the cluster at 192.168.3.167:6443</c>.</param>
    /// <param name="secret">Replaced wherever the tool says it; null when it is told none.</param>
    public static async Task RunAsync(
        Machine machine,
        ChildCommand command,
        string purpose,
        string? secret,
        CancellationToken cancellationToken
    )
    {
        var told = command with
        {
            OnOutputLine = line => machine.Progress?.Report(Shown(line, secret)),
            OnErrorLine = line => machine.Progress?.Report(Shown(line, secret)),
        };
        ChildResult result;
        try
        {
            result = await machine.RunAsync(told, Timeout, cancellationToken);
        }
        catch (LinuxException failure)
        {
            // The library's words may repeat the arguments.
            throw new NodeException(
                failure.Reason == LinuxReason.NotFound ? NodeReason.NotSupported : NodeReason.ChangeFailed,
                $"{purpose}: {Shown(failure.Message, secret)}"
            );
        }
        if (!result.Succeeded)
        {
            var errors = JoinErrorHints.Describe($"{result.StandardOutput}\n{result.StandardError}");
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"{purpose}: {command.FileName}: {Shown(errors, secret)}; then run the same command again"
            );
        }
    }

    /// <summary>The answer of a tool without which nothing can be joined.</summary>
    /// <param name="purpose">For example <c>cannot join KubeEdge</c>.</param>
    /// <param name="remedy">What to do when the tool is not installed.</param>
    /// <exception cref="NodeException">NotSupported: there is none, or it does not work.</exception>
    public static async Task<ProgramAnswer> RequireAsync(
        Machine machine,
        ProgramQuestion question,
        string purpose,
        string remedy,
        CancellationToken cancellationToken
    )
    {
        var answer = await question.AskAsync(machine, cancellationToken);
        if (answer.IsAnswered)
        {
            return answer;
        }
        var advice = answer.Outcome == ProgramOutcome.Missing ? remedy : $"install a {question.Program} that runs here";
        throw new NodeException(NodeReason.NotSupported, $"{purpose}: {answer.Problem}; {advice}");
    }

    private static string Shown(string text, string? secret) =>
        secret is null ? text : DocumentSecrets.Without(text, secret);
}
