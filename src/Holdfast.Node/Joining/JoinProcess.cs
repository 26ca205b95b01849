using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>Runs a joining tool: its progress is shown, its secrets are not, its complaints become an exception. Stateless.</summary>
internal static class JoinProcess
{
    /// <summary>A first control plane pulls a gigabyte of images over a slow line.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan HelpTimeout = TimeSpan.FromSeconds(30);

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
            var words = PreflightWords.Describe($"{result.StandardOutput}\n{result.StandardError}");
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"{purpose}: {command.FileName}: {Shown(words, secret)}; then run the same command again"
            );
        }
    }

    /// <summary>What a tool says of its own flags; what it does not know is not asked of it.</summary>
    public static async Task<string> HelpAsync(
        Machine machine,
        string program,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken
    )
    {
        var result = await machine.RunAsync(
            new ChildCommand(program, [.. arguments, "--help"]),
            HelpTimeout,
            cancellationToken
        );
        return result.StandardOutput + result.StandardError;
    }

    private static string Shown(string text, string? secret) =>
        secret is null ? text : DocumentSecrets.Without(text, secret);
}
