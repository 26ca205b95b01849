using Holdfast.Node.Facts;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>What the preflight found. Stateless.</summary>
internal static class FindingsView
{
    public static void Show(Screen screen, IReadOnlyList<PreflightFinding> findings)
    {
        foreach (var finding in findings.OrderByDescending(finding => finding.Severity))
        {
            var sign = finding.Severity switch
            {
                PreflightSeverity.Error => "[red]error[/]  ",
                PreflightSeverity.Warning => "[yellow]warning[/]",
                _ => "[grey]info[/]   ",
            };
            screen.Note($"{sign} {finding.What.EscapeMarkup()} [grey]({finding.Remedy.EscapeMarkup()})[/]");
        }
    }

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
