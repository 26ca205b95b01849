using System.CommandLine;
using System.Globalization;
using Holdfast.Composition;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary><c>holdfast changes</c>: what Holdfast changed on this machine and has not taken back.</summary>
internal static class ChangesCommand
{
    public static Command Create()
    {
        var command = new Command("changes", "List what holdfast changed on this machine, in the order it was done")
        {
            CommandOptions.Output,
        };
        command.SetExamples("sudo holdfast changes", "sudo holdfast changes -o json");
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("changes");
        using var journal = await ChangeJournal.ReadAsync(
            CommandOptions.Paths(parsed),
            TimeProvider.System,
            cancellationToken
        );
        if (screen.Format == OutputFormat.Json)
        {
            IReadOnlyList<ChangeOutput> output =
            [
                .. journal.Changes.Select(c => new ChangeOutput(
                    c.Number,
                    c.At,
                    c.LastAt > c.At ? c.LastAt : null,
                    c.Group,
                    c.Kind,
                    c.Id,
                    c.Title
                )),
            ];
            Screen.Json(output, OutputJson.Readable.IReadOnlyListChangeOutput);
            return ExitCode.Ok;
        }

        if (journal.Changes.Count == 0)
        {
            screen.Line("No changes: holdfast has changed nothing on this machine.");
            return ExitCode.Ok;
        }

        var table = Screen.CreateTable("CHANGE", "MADE", "ADJUSTED", "PART", "WHAT");
        foreach (var change in journal.Changes)
        {
            table.AddRow(
                change.Number.ToString(CultureInfo.InvariantCulture),
                Shown(change.At),
                change.LastAt > change.At ? Shown(change.LastAt) : "-",
                change.Group.EscapeMarkup(),
                change.Title.EscapeMarkup()
            );
        }

        screen.Table(table);
        return ExitCode.Ok;

        static string Shown(DateTimeOffset at) =>
            at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
