using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Doctor;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary><c>holdfast plan</c>: what <c>up</c> would change, without changing it. Exit code 2 when there is something.</summary>
internal static class PlanCommand
{
    private static readonly Option<bool> All = new("--all", "-a") { Description = "Show also what needs no change" };

    public static Command Create()
    {
        var command = new Command(
            "plan",
            "Show what up would change on this machine, and change nothing (exit code 2 when there is something)"
        )
        {
            CommandOptions.File,
            CommandOptions.Output,
            All,
        };
        command.SetExamples(
            "sudo holdfast plan",
            "sudo holdfast plan -f node.yaml --all",
            "sudo holdfast plan -o json"
        );
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(CommandOptions.File);
        var node = await NodeContext.LoadAsync(file, CommandOptions.Paths(parsed), cancellationToken);
        var plan = await node.PlanAsync(cancellationToken);
        if (screen.Format == OutputFormat.Json)
        {
            Screen.Json(PlanView.ToOutput(plan), OutputJson.Readable.IReadOnlyListStepOutput);
            return ExitCodeOf(plan);
        }

        FindingsView.Show(screen, Preflight.Check(node.Survey, node.Document.Spec));
        PlanView.Show(screen, plan, parsed.GetValue(All));
        var up =
            "up" + (plan.Removals.Count > 0 ? " --remove" : "") + (file is null ? "" : " -f " + file.EscapeMarkup());
        screen.Line(
            plan.HasChanges
                ? $"{PlanView.Count(plan)} to make. To make them: [bold]sudo holdfast {up}[/]"
                : "Nothing to change: the machine is as the document says."
        );
        return ExitCodeOf(plan);
    }

    private static int ExitCodeOf(NodePlan plan) => plan.HasChanges ? ExitCode.Drift : ExitCode.Ok;
}
