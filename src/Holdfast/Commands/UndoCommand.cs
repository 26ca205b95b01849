using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Apply;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary>
/// <c>holdfast undo</c>: takes back changes that Holdfast made to this machine, all of them or the latest. Refuses while
/// pods run.
/// </summary>
internal static class UndoCommand
{
    private static readonly Option<bool> Last = new("--last") { Description = "Take back only the last change" };

    private static readonly Option<int?> To = CommandOptions.WholeNumber(
        "--to",
        least: 0,
        "--to is the number of a change, or 0 for the machine before the first one."
    );

    public static Command Create()
    {
        var command = new Command("undo", "Take back every change that holdfast made to this machine, or the latest")
        {
            Last,
            To,
        };
        command.SetExamples(
            "sudo holdfast undo",
            "sudo holdfast undo --last",
            "# the changes have numbers in: sudo holdfast changes",
            "sudo holdfast undo --to 4",
            "# stops the pods first",
            "sudo holdfast down"
        );
        To.Description = "Take back only what was changed after the change with this number (see holdfast changes)";
        To.HelpName = "NUMBER";
        command.Validators.Add(result =>
        {
            if (CommandOptions.IsGiven(result, Last) && CommandOptions.IsGiven(result, To))
            {
                result.AddError("--last and --to exclude each other.");
            }
        });
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("undo");
        var paths = CommandOptions.Paths(parsed);
        var teardown = new NodeTeardown(paths, screen);
        using var journal = await teardown.OpenJournalAsync(cancellationToken);
        var running = await teardown.CountPodsAsync(cancellationToken);
        if (running > 0)
        {
            throw new CommandException(
                ExitCode.Failed,
                $"cannot undo the changes: {(running == 1 ? "a pod of this node runs" : $"{running} pods of this node run")} on what would be taken away",
                "To stop them and undo everything: sudo holdfast down"
            );
        }

        var lastKept = FirstKept(
            parsed.GetValue(Last),
            parsed.GetValue(To),
            journal?.Changes ?? [],
            $"file:{paths.NodeDocument}"
        );
        var result = journal is null
            ? new UndoResult(0, 0, [])
            : await teardown.UndoAsync(journal, lastKept, cancellationToken);
        screen.Line(
            result switch
            {
                { TakenBack: 0, Left: 0 } => "Nothing to undo: holdfast has changed nothing on this machine.",
                { Left: 0 } => $"{Count(result.TakenBack)} taken back: this machine is as it was.",
                _ => $"{Count(result.TakenBack)} taken back; {result.Left} are left: [bold]sudo holdfast changes[/]",
            }
        );
        return ExitCode.Ok;
    }

    /// <returns>The number of the last change that stays; 0 when none does.</returns>
    private static int FirstKept(bool isLast, int? to, IReadOnlyList<ChangeSummary> changes, string documentId)
    {
        if (isLast && changes.Count > 0)
        {
            RequireLastIsLast(changes, documentId);
            return changes.Count < 2 ? 0 : changes[^2].Number;
        }

        if (to is { } number && number > 0 && changes.All(change => change.Number != number))
        {
            throw new CommandException(
                ExitCode.Usage,
                $"cannot undo to change {number}: there is no such change, or it was taken back already",
                "The changes and their numbers: sudo holdfast changes"
            );
        }

        return to ?? 0;
    }

    /// <summary>
    /// The journal has of every change how it was before Holdfast, not how it was before each run: what a later <c>up</c> only
    /// adjusted cannot be taken back to between the two, and something else is not what the person means.
    /// </summary>
    private static void RequireLastIsLast(IReadOnlyList<ChangeSummary> changes, string documentId)
    {
        var last = changes[^1];
        // Services that are started anew, and the document itself, only follow what else was changed.
        var adjusted = changes.FirstOrDefault(change =>
            change != last && change.LastAt > last.At && change.Kind != "service" && change.Id != documentId
        );
        if (adjusted is not null)
        {
            throw new CommandException(
                ExitCode.Failed,
                $"cannot undo the last change alone: after it was made, up adjusted change {adjusted.Number} ({adjusted.Title}) too",
                $"Change the document back and run: sudo holdfast up. To take back change {adjusted.Number} and all after it: "
                    + $"sudo holdfast undo --to {adjusted.Number - 1}"
            );
        }
    }

    private static string Count(int changes) => changes == 1 ? "1 change" : $"{changes} changes";
}
