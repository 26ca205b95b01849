using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Probe;
using Holdfast.Node.Runtimes;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast probe</c>: proves with a real pod that every handler of every runtime works.</summary>
internal static class ProbeCommand
{
    /// <summary>
    /// kubelet and edgecore stop every pod that they do not know, a probe's too if they see it. They look every two
    /// seconds, a probe takes about one: three in a row do not all meet them.
    /// </summary>
    private const int TriesBesideAnAgent = 3;

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
        var tries = node.Document.Spec.Cluster.IsStandalone ? 1 : TriesBesideAnAgent;
        while (true)
        {
            var results = await new RuntimeProbe(runtimes, options, time).RunAsync(null, cancellationToken);
            if (--tries == 0 || results.All(result => result.Ok))
            {
                return [.. results.Select(ToOutput)];
            }
        }
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
