using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>
/// Shows an apply or undo while it runs: a line per change, on a terminal one more that says what it is at, and elsewhere a
/// line now and then while a step takes long. Thread-safe.
/// </summary>
internal sealed class ChangesView : IProgress<StepProgress>, IDisposable
{
    /// <summary>Steps faster than this show no time.</summary>
    private static readonly TimeSpan WorthMentioning = TimeSpan.FromSeconds(1);

    /// <summary>Between two lines about a step that still runs, where no line can be drawn over.</summary>
    private static readonly TimeSpan StillEvery = TimeSpan.FromSeconds(10);

    private readonly Screen screen;
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly ITimer? timer;
    private StepProgress? running;
    private long runningSince;

    public ChangesView(Screen screen, TimeProvider time)
    {
        this.screen = screen;
        this.time = time;
        timer = screen.IsWatched
            ? null
            : time.CreateTimer(_ => ShowStill(), null, Timeout.InfiniteTimeSpan, StillEvery);
    }

    public void Report(StepProgress value)
    {
        lock (gate)
        {
            Show(value);
        }
    }

    private void Show(StepProgress value)
    {
        Follow(value);
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
                Print($"[yellow]put back[/] {where} {title}{Time(value)}");
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
        timer?.Dispose();
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

    private void Follow(StepProgress value)
    {
        if (value.Phase == StepPhase.Started)
        {
            runningSince = time.GetTimestamp();
            timer?.Change(StillEvery, StillEvery);
        }

        running = value.Phase is StepPhase.Started or StepPhase.Working ? value : null;
    }

    /// <summary>A step may wait for another program for minutes: a log shows that, and for what.</summary>
    private void ShowStill()
    {
        lock (gate)
        {
            if (running is { } step)
            {
                var elapsed = time.GetElapsedTime(runningSince);
                var detail = step.Phase == StepPhase.Working ? $" {step.Detail}" : "";
                Print(
                    $"[grey]working [/] [grey]{step.Group.EscapeMarkup(), -11}[/] {step.Title.EscapeMarkup()} "
                        + $"[grey]({elapsed.TotalSeconds:0} s){detail.EscapeMarkup()}[/]"
                );
            }
        }
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
