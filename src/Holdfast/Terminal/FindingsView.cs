using Holdfast.Node.Doctor;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>What the preflight found. Stateless.</summary>
internal static class FindingsView
{
    /// <summary>What a person must know before anything is changed; the rest is a word away.</summary>
    public static void Show(Screen screen, IReadOnlyList<PreflightFinding> findings)
    {
        foreach (var finding in findings.OrderByDescending(finding => finding.Severity).Where(IsUrgent))
        {
            screen.Note(
                $"{Sign(finding.Severity)} {finding.What.EscapeMarkup()} [grey]({finding.Remedy.EscapeMarkup()})[/]"
            );
        }

        var notes = findings.Count(finding => !IsUrgent(finding));
        if (notes > 0)
        {
            screen.Note(
                $"{Sign(PreflightSeverity.Info)} {notes} more about this machine [grey](sudo holdfast check)[/]"
            );
        }
    }

    /// <summary>All of them, as part of the result.</summary>
    public static void ShowAll(Screen screen, IReadOnlyList<PreflightFinding> findings)
    {
        if (findings.Count == 0)
        {
            return;
        }

        screen.Line("[bold]findings[/]");
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true, Padding = new Padding(2, 0, 1, 0) });
        table.AddColumn(new TableColumn("") { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        table.AddColumn(new TableColumn("") { Padding = new Padding(0, 0, 0, 0) });
        foreach (var finding in findings.OrderByDescending(finding => finding.Severity))
        {
            table.AddRow(
                Sign(finding.Severity),
                finding.Id.EscapeMarkup(),
                $"{finding.What.EscapeMarkup()}\n[grey]{finding.Remedy.EscapeMarkup()}[/]"
            );
        }

        screen.Table(table);
    }

    private static bool IsUrgent(PreflightFinding finding) =>
        finding.Severity != PreflightSeverity.Info || finding.IsDecision;

    private static string Sign(PreflightSeverity severity) =>
        severity switch
        {
            PreflightSeverity.Error => "[red]error[/]  ",
            PreflightSeverity.Warning => "[yellow]warning[/]",
            _ => "[grey]info[/]   ",
        };

    /// <exception cref="CommandException">At least one finding makes the node impossible.</exception>
    public static void Require(IReadOnlyList<PreflightFinding> findings)
    {
        var errors = findings.Where(finding => finding.Severity == PreflightSeverity.Error).ToArray();
        if (errors.Length > 0)
        {
            throw new CommandException(
                ExitCode.Failed,
                "cannot make this machine a node: " + string.Join("; ", errors.Select(error => error.What)),
                "Nothing was changed. What to do: " + string.Join("; ", errors.Select(error => error.Remedy)) + "."
            );
        }
    }
}
