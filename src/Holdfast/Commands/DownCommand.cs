using System.CommandLine;
using Holdfast.Composition;
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
        var (pods, changes) = (0, 0);
        using (var journal = await teardown.OpenJournalAsync(cancellationToken))
        {
            await teardown.StopAgentAsync(cancellationToken);
            pods = await teardown.RemovePodsAsync(cancellationToken);
            if (journal is not null)
            {
                changes = (await teardown.UndoAsync(journal, lastKept: 0, cancellationToken)).TakenBack;
                await teardown.RemoveCgroupsAsync(cancellationToken);
            }
        }

        teardown.RemoveOwnFiles(purge);
        screen.Line(
            pods == 0 && changes == 0
                ? "Nothing to do: holdfast has changed nothing on this machine."
                : $"{(pods == 1 ? "1 pod" : $"{pods} pods")} removed, {changes} changes taken back: this machine is as it was."
        );
        if (!purge && File.Exists(paths.StoreDatabase))
        {
            screen.Line(
                $"Objects are kept in {paths.StateDirectory.EscapeMarkup()}; [bold]holdfast down --purge[/] removes them too."
            );
        }

        return ExitCode.Ok;
    }
}
