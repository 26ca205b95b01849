using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>A plan for people: what would change, why, and the lines of files that would differ. Stateless.</summary>
internal static class PlanView
{
    /// <param name="withAll">Also what is as wanted already.</param>
    /// <param name="suspects">Who may have changed what had been put in place, by the step's id.</param>
    public static void Show(
        Screen screen,
        NodePlan plan,
        bool withAll,
        IReadOnlyDictionary<string, string>? suspects = null
    )
    {
        foreach (
            var group in plan.Steps.Where(step => withAll || !step.Inspection.IsAsWanted).GroupBy(step => step.Group)
        )
        {
            screen.Line($"[bold]{group.Key.EscapeMarkup()}[/]");
            foreach (var step in group)
            {
                ShowStep(screen, step, suspects?.GetValueOrDefault(step.Id));
            }
        }

        if (plan.Leftovers.Count > 0)
        {
            screen.Line("[bold]no longer wanted[/]");
            var removals = plan.Removals.ToDictionary(removal => removal.Change.Id, removal => removal.Destroys);
            foreach (var leftover in plan.Leftovers)
            {
                screen.Line(
                    removals.TryGetValue(leftover.Id, out var destroys)
                        ? $"  [red]remove[/] {leftover.Title.EscapeMarkup()} [red]({destroys.EscapeMarkup()})[/]"
                        : $"  [yellow]-[/] {leftover.Title.EscapeMarkup()}"
                );
            }
        }
    }

    public static string Count(NodePlan plan)
    {
        var changes = plan.Changes.Count() + plan.Leftovers.Count;
        return changes == 1 ? "1 change" : $"{changes} changes";
    }

    public static IReadOnlyList<StepOutput> ToOutput(
        NodePlan plan,
        IReadOnlyDictionary<string, string>? suspects = null
    ) =>
        [
            .. plan.Steps.Select(step => new StepOutput(
                step.Group,
                step.Kind,
                step.Id,
                step.Title,
                step.Inspection.IsAsWanted ? StepOutput.IsOk : "change",
                step.Inspection.Summary,
                step.Why,
                step.Inspection.Diff,
                suspects?.GetValueOrDefault(step.Id)
            )),
            .. plan.Leftovers.Select(leftover => new StepOutput(
                leftover.Group,
                leftover.Kind,
                leftover.Id,
                leftover.Title,
                plan.Removals.FirstOrDefault(removal => removal.Change.Id == leftover.Id) is null
                    ? "takeBack"
                    : StepOutput.IsRemove,
                plan.Removals.FirstOrDefault(removal => removal.Change.Id == leftover.Id)?.Destroys
                    ?? "no longer wanted",
                null,
                null
            )),
        ];

    private static void ShowStep(Screen screen, PlanStep step, string? suspect)
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

        if (suspect is not null)
        {
            screen.Line($"      [yellow]suspect: {suspect.EscapeMarkup()}[/]");
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
