using Holdfast.Node.Apply;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>
/// Shows an apply or undo while it runs: a line per change, and on a terminal one more that says what it is at. Called by
/// one thread at a time.
/// </summary>
internal sealed class ChangesView(Screen screen) : IProgress<StepProgress>, IDisposable
{
    /// <summary>Steps faster than this show no time.</summary>
    private static readonly TimeSpan WorthMentioning = TimeSpan.FromSeconds(1);

    public void Report(StepProgress value)
    {
        var where = $"[grey]{value.Group.EscapeMarkup(), -11}[/]";
        var title = value.Title.EscapeMarkup();
        switch (value.Phase)
        {
            case StepPhase.Started:
                ShowWork($"{Count(value)} {title}");
                break;
            case StepPhase.Working:
                ShowWork($"{Count(value)} {title} [grey]{Shorten(value.Detail).EscapeMarkup()}[/]");
                break;
            case StepPhase.Changed:
                Print($"[green]changed [/] {where} {title}{Time(value)}");
                break;
            case StepPhase.TakenBack:
                // In an apply that failed the detail names which of its steps went back.
                Print($"[yellow]put back[/] {where} {value.Detail?.EscapeMarkup() ?? title + Time(value)}");
                break;
            case StepPhase.Failed:
                Print($"[red]failed  [/] {where} {title}");
                break;
            case StepPhase.Note:
                Print($"[yellow]note    [/] {where} {value.Detail?.EscapeMarkup()}");
                break;
            case StepPhase.Unchanged:
            default:
                break;
        }
    }

    public void Dispose()
    {
        if (screen.IsWatched)
        {
            screen.EraseLine();
        }
    }

    private static string Count(StepProgress value) => $"[grey]{value.Number}/{value.Count}[/]";

    private static string Time(StepProgress value) =>
        value.Elapsed < WorthMentioning ? "" : $" [grey]({value.Elapsed.TotalSeconds:0.0} s)[/]";

    /// <summary>A line that is drawn over must not wrap.</summary>
    private static string Shorten(string? detail)
    {
        const int longest = 48;
        return detail is null ? ""
            : detail.Length <= longest ? detail
            : detail[..longest];
    }

    private void ShowWork(string markup)
    {
        if (screen.IsWatched)
        {
            screen.Redraw(markup);
        }
    }

    private void Print(string markup)
    {
        if (screen.IsWatched)
        {
            screen.EraseLine();
        }

        screen.Note(markup);
    }
}
