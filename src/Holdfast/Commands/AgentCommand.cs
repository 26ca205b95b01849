using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Terminal;
using Microsoft.Extensions.Logging;

namespace Holdfast.Commands;

/// <summary><c>holdfast agent</c>: the daemon of the node. <c>up</c> makes it a service.</summary>
internal static class AgentCommand
{
    private static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Log what is only of use when looking for a defect",
    };

    private const int UsualCheckSeconds = 300;

    private static readonly Option<int?> CheckEvery = CommandOptions.WholeNumber(
        "--check-every",
        least: 1,
        "--check-every is a number of seconds, 1 or more."
    );

    public static Command Create()
    {
        var command = new Command(
            "agent",
            "Run the node's daemon: the pods and the Kubernetes API (up makes it a service)"
        )
        {
            CommandOptions.File,
            Verbose,
            CheckEvery,
        };
        CheckEvery.Description = "Seconds between two looks at whether the machine is still as its document says";
        CheckEvery.HelpName = "SECONDS";
        CheckEvery.DefaultValueFactory = _ => UsualCheckSeconds;
        command.SetExamples("# what it says under systemd", "journalctl -u holdfast", "sudo holdfast agent --verbose");
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("agent");
        var paths = CommandOptions.Paths(parsed);
        var document = await NodeDocuments.LoadAsync(parsed.GetValue(CommandOptions.File), paths, cancellationToken);
        if (document.Spec.Cluster.AgentService is { } agent)
        {
            throw new CommandException(
                ExitCode.Failed,
                $"cannot run the daemon: {document.Source} gives the pods of this node to {agent}",
                "Two agents remove each other's pods. With cluster: { standalone: {} } this one runs them."
            );
        }

        var level = parsed.GetValue(Verbose) ? LogLevel.Debug : LogLevel.Information;
        using var logs = new StderrLogs(level, TimeProvider.System);
        var checkEvery = TimeSpan.FromSeconds(parsed.GetValue(CheckEvery) ?? UsualCheckSeconds);
        await AgentProcess.RunAsync(document, paths, checkEvery, logs, cancellationToken);
        return ExitCode.Ok;
    }
}
