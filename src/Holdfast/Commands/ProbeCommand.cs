using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Probe;
using Holdfast.Node.Runtimes;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary><c>holdfast probe</c>: proves with a real pod that every handler of every runtime works.</summary>
internal static class ProbeCommand
{
    public static Command Create()
    {
        var command = new Command("probe", "Prove that every runtime works: a real pod in each, with its times")
        {
            CommandOptions.File,
            CommandOptions.Output,
        };
        command.SetExamples("sudo holdfast probe", "sudo holdfast probe -o json");
        command.SetVerb(RunAsync);
        return command;
    }

    /// <summary>For <c>up</c> too, which proves what it made.</summary>
    public static async Task<IReadOnlyList<ProbeOutput>> ProbeAsync(
        NodeContext node,
        Screen screen,
        CancellationToken cancellationToken
    )
    {
        var time = TimeProvider.System;
        await using var runtimes = NodeRuntimes.Create(node.Document.Spec, time, node.Logs);
        var options = new ProbeOptions
        {
            PodLogsDirectory = node.Paths.PodLogsDirectory,
            UseSystemdCgroup = NodeCgroupDriver.Resolve(node.Document.Spec, node.Facts) == CgroupDriver.Systemd,
        };
        screen.Note("running a pod in every runtime");
        var told = new Told(screen);
        var results = await PausedAgent.RunAsync(
            node.Machine,
            node.Document.Spec.Cluster.AgentService,
            told,
            () => new RuntimeProbe(runtimes, options, time).RunAsync(told, cancellationToken),
            cancellationToken
        );
        return [.. results.Select(ToOutput)];
    }

    /// <summary>A probe in a virtual machine takes minutes on a slow processor.</summary>
    private sealed class Told(Screen screen) : IProgress<string>, IProgress<ProbeResult>
    {
        public void Report(string value) => screen.Note(value.EscapeMarkup());

        public void Report(ProbeResult value) =>
            screen.Note(
                $"{(value.Ok ? "[green]ran     [/]" : "[red]failed  [/]")} a pod in {value.Handler.EscapeMarkup()} "
                    + $"[grey]({value.Endpoint.EscapeMarkup()}, {value.Duration.TotalSeconds:0.0} s)[/]"
            );
    }

    private static ProbeOutput ToOutput(ProbeResult result) =>
        new(
            result.Endpoint,
            result.Handler,
            result.Ok,
            result.Address,
            result.KernelRelease,
            [
                .. result.Steps.Select(step => new ProbeStepOutput(
                    step.Name,
                    Math.Round(step.Duration.TotalMilliseconds, 1),
                    step.Detail,
                    step.Error
                )),
            ]
        );

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("probe");
        var file = parsed.GetValue(CommandOptions.File);
        var node = await NodeContext.LoadAsync(file, CommandOptions.Paths(parsed), cancellationToken);
        var probes = await ProbeAsync(node, screen, cancellationToken);
        if (screen.Format == OutputFormat.Json)
        {
            Screen.Json(probes, OutputJson.Readable.IReadOnlyListProbeOutput);
        }
        else
        {
            ProbeView.Show(screen, probes);
        }

        return probes.All(probe => probe.Ok) ? ExitCode.Ok : ExitCode.Failed;
    }
}
