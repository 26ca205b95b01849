using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast undo</c>: takes back every change that Holdfast made to this machine. Refuses while pods run.</summary>
internal static class UndoCommand
{
    private const string Nothing = "Nothing to undo: holdfast has changed nothing on this machine.";

    public static Command Create()
    {
        var command = new Command("undo", "Take back every change that holdfast made to this machine");
        command.SetExamples(
            "sudo holdfast undo",
            "# stops the pods first",
            "sudo holdfast down",
            "# only to the document that was applied before",
            "sudo holdfast up --previous"
        );
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("undo");
        var paths = CommandOptions.Paths(parsed);
        if (!Directory.Exists(paths.ChangesDirectory))
        {
            // Not even a journal is made where nothing was ever changed.
            screen.Line(Nothing);
            return ExitCode.Ok;
        }

        var teardown = new NodeTeardown(paths, screen);
        using var journal = await teardown.OpenJournalAsync(cancellationToken);
        await teardown.RequireNoPodsAsync(cancellationToken);
        var hadChanges = ChangeJournal.Exists(paths);
        var changes = await teardown.UndoAsync(journal, cancellationToken);
        if (!hadChanges)
        {
            screen.Line(Nothing);
            return ExitCode.Ok;
        }

        return await teardown.ConcludeAsync($"{Count(changes)} taken back", cancellationToken);
    }

    public static string Count(int changes) => changes == 1 ? "1 change" : $"{changes} changes";
}
