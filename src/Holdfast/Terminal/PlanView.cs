using Holdfast.Node.Plan;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>A plan for people: what would change, why, and the lines of files that would differ. Stateless.</summary>
internal static class PlanView
{
    /// <param name="withAll">Also what is as wanted already.</param>
    public static void Show(Screen screen, NodePlan plan, bool withAll)
    {
        foreach (
            var group in plan.Steps.Where(step => withAll || !step.Inspection.IsAsWanted).GroupBy(step => step.Group)
        )
        {
            screen.Line($"[bold]{group.Key.EscapeMarkup()}[/]");
            foreach (var step in group)
            {
                ShowStep(screen, step);
            }
        }

        if (plan.Leftovers.Count > 0)
        {
            screen.Line("[bold]no longer wanted[/]");
            foreach (var leftover in plan.Leftovers)
            {
                screen.Line($"  [yellow]-[/] {leftover.Title.EscapeMarkup()}");
            }
        }
    }

    public static string Count(NodePlan plan)
    {
        var changes = plan.Changes.Count() + plan.Leftovers.Count;
        return changes == 1 ? "1 change" : $"{changes} changes";
    }

    public static IReadOnlyList<StepOutput> ToOutput(NodePlan plan) =>
        [
            .. plan.Steps.Select(step => new StepOutput(
                step.Group,
                step.Kind,
                step.Id,
                step.Title,
                step.Inspection.IsAsWanted ? "ok" : "change",
                step.Inspection.Summary,
                step.Why,
                step.Inspection.Diff
            )),
            .. plan.Leftovers.Select(leftover => new StepOutput(
                leftover.Group,
                leftover.Kind,
                leftover.Id,
                leftover.Title,
                "takeBack",
                "no longer wanted",
                null,
                null
            )),
        ];

    private static void ShowStep(Screen screen, PlanStep step)
    {
        var sign = step.Inspection.IsAsWanted ? "[green]=[/]" : "[yellow]~[/]";
        screen.Line($"  {sign} {step.Title.EscapeMarkup()} [grey]({step.Inspection.Summary.EscapeMarkup()})[/]");
        if (step.Inspection.IsAsWanted)
        {
            return;
        }

        if (step.Why is { Length: > 0 } why)
        {
            screen.Line($"      [grey]because {why.EscapeMarkup()}[/]");
        }

        foreach (var line in (step.Inspection.Diff ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var text = line.EscapeMarkup();
            screen.Line(
                "      "
                    + line[0] switch
                    {
                        '+' => $"[green]{text}[/]",
                        '-' => $"[red]{text}[/]",
                        '@' => $"[cyan]{text}[/]",
                        _ => text,
                    }
            );
        }
    }
}
