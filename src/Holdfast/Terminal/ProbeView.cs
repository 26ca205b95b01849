using System.Globalization;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>What the probe found, a line per handler, and below it what went wrong. Stateless.</summary>
internal static class ProbeView
{
    public static void Show(Screen screen, IReadOnlyList<ProbeOutput> probes)
    {
        if (probes.Count == 0)
        {
            return;
        }

        var table = Screen.CreateTable("ENDPOINT", "RUNTIME", "RESULT", "ADDRESS", "KERNEL", "TIME");
        foreach (var probe in probes)
        {
            table.AddRow(
                probe.Endpoint.EscapeMarkup(),
                probe.Handler.EscapeMarkup(),
                probe.Ok ? "[green]ok[/]" : "[red]failed[/]",
                (probe.Address ?? "").EscapeMarkup(),
                (probe.KernelRelease ?? "").EscapeMarkup(),
                string.Create(CultureInfo.InvariantCulture, $"{probe.Steps.Sum(step => step.Milliseconds):0} ms")
            );
        }

        screen.Table(table);
        foreach (var probe in probes.Where(probe => !probe.Ok))
        {
            foreach (var step in probe.Steps.Where(step => step.Error is not null))
            {
                screen.Note(
                    $"[red]{probe.Handler.EscapeMarkup()}[/]: {step.Name.EscapeMarkup()}: {step.Error!.EscapeMarkup()}"
                );
            }
        }
    }
}
