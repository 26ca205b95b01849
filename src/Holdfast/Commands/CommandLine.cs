using System.CommandLine;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary>The verbs, and the way from the arguments to an exit code. Used once per process.</summary>
internal static class CommandLine
{
    public static RootCommand Build()
    {
        var root = new RootCommand(
            "Holdfast turns this Linux machine into an edge node: it prepares the machine, installs and configures the container "
                + "runtimes, and runs pods on them or leaves that to the agent of a cluster."
        )
        {
            AgentCommand.Create(),
            SuperviseCommand.Create(),
            UpCommand.Create(),
            PlanCommand.Create(),
            BundleCommand.Create(),
            CheckCommand.Create(),
            ProbeCommand.Create(),
            PodsCommand.Create(),
            ChangesCommand.Create(),
            UndoCommand.Create(),
            DownCommand.Create(),
            CompletionCommand.Create(),
            VersionCommand.Create(),
        };
        root.Options.Add(CommandOptions.Root);
        root.Options.Add(CommandOptions.NoColor);
        Examples.AddTo(root);
        return root;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var parsed = Build().Parse(arguments.Count == 0 ? ["--help"] : arguments);
        if (parsed.Errors.Count > 0)
        {
            var screen = new Screen(OutputFormat.Table, CommandOptions.HasNoColor(arguments));
            // "A command is required" is no news to whoever mistyped one.
            var wrong =
                parsed.UnmatchedTokens.Count > 0 ? parsed.Errors.TakeLast(parsed.UnmatchedTokens.Count) : parsed.Errors;
            foreach (var error in wrong)
            {
                screen.Error(error.Message);
            }

            var verb = parsed.CommandResult.Command;
            screen.Note($"See: holdfast {(verb is RootCommand ? "" : verb.Name + " ")}--help");
            return ExitCode.Usage;
        }

        // Signals are ours (Interruption), and so are exceptions (RunVerbAsync).
        return await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }
        );
    }

    /// <summary>What a verb does, with its failures turned into a message and an exit code.</summary>
    public static void SetVerb(this Command command, Func<ParseResult, Screen, CancellationToken, Task<int>> run) =>
        command.SetAction(
            async (parsed, _) =>
            {
                var screen = CommandOptions.Screen(parsed);
                using var interruption = new Interruption(screen);
                try
                {
                    return await run(parsed, screen, interruption.Token);
                }
                catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
                {
                    screen.Note($"holdfast {command.Name} was interrupted");
                    return ExitCode.Interrupted;
                }
                catch (Exception failure)
                {
                    return Failures.Report(screen, command.Name, failure);
                }
            }
        );
}
