using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Pods;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary><c>holdfast down</c>: stops the pods and the daemon, and puts the machine back.</summary>
internal static class DownCommand
{
    private static readonly Option<bool> Purge = new("--purge")
    {
        Description = "Forget also the objects (pods, deployments, secrets...) and the keys; they are kept otherwise",
    };

    public static Command Create()
    {
        var command = new Command("down", "Stop everything that holdfast started, and put this machine back as it was")
        {
            Purge,
        };
        command.SetExamples("sudo holdfast down", "sudo holdfast down --purge");
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("down");
        var paths = CommandOptions.Paths(parsed);
        var purge = parsed.GetValue(Purge);
        var teardown = new NodeTeardown(paths, screen);

        // Held to the very end: an up that begins now must not find its files removed.
        using var journal = await teardown.OpenJournalAsync(cancellationToken);
        await teardown.StopAgentAsync(cancellationToken);
        var pods = await teardown.RemovePodsAsync(cancellationToken);
        var changes = await teardown.UndoAsync(journal, cancellationToken);
        NodeFiles.Remove(paths, purge);
        var exitCode = ExitCode.Ok;
        if (pods == 0 && changes == 0)
        {
            screen.Line("Nothing to do: holdfast has changed nothing on this machine.");
        }
        else
        {
            exitCode = await teardown.ConcludeAsync(
                $"{(pods == 1 ? "1 pod" : $"{pods} pods")} removed, {UndoCommand.Count(changes)} taken back",
                cancellationToken
            );
        }

        if (!purge && File.Exists(paths.StoreDatabase))
        {
            screen.Line(
                $"Objects are kept in {paths.StateDirectory.EscapeMarkup()}; [bold]holdfast down --purge[/] removes them too."
            );
        }

        return exitCode;
    }
}
