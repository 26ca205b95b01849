using Holdfast.Linux;

namespace Holdfast.Testing;

/// <summary>Commands that a test cannot go on without.</summary>
public static class RequiredCommand
{
    /// <summary>As <see cref="ChildProcess.RunAsync"/>, but an exit code other than 0 is an exception.</summary>
    /// <param name="purpose">What the test could not do without it, for example <c>cannot prepare</c>.</param>
    public static async Task<ChildResult> RunAsync(
        string purpose,
        ChildCommand command,
        TimeSpan timeout,
        CancellationToken cancellationToken = default
    )
    {
        var result = await ChildProcess.RunAsync(command, timeout, cancellationToken);
        return result.Succeeded
            ? result
            : throw new LinuxException(LinuxReason.Failed, $"{purpose}: {command.FileName}: {result.LastErrorLine}");
    }
}
