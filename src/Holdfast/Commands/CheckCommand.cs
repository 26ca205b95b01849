using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Facts;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast check</c>: what the machine is, and whether it is still as the document says. Exit code 2 on drift.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command(
            "check",
            "Show what this machine is, and where it differs from the node document (exit code 2)"
        )
        {
            CommandOptions.File,
            CommandOptions.Output,
        };
        command.SetExamples("sudo holdfast check", "sudo holdfast check -f node.yaml -o json");
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var node = await NodeContext.LoadAsync(
            parsed.GetValue(CommandOptions.File),
            CommandOptions.Paths(parsed),
            cancellationToken
        );
        var findings = Preflight.Check(node.Facts, node.Document.Spec);
        var plan = await node.PlanAsync(cancellationToken);
        if (screen.Format == OutputFormat.Json)
        {
            Screen.Json(ToOutput(node, findings, PlanView.ToOutput(plan)), OutputJson.Readable.CheckOutput);
        }
        else
        {
            FactsView.Show(screen, node);
            FindingsView.Show(screen, findings);
            PlanView.Show(screen, plan, withAll: true);
            screen.Line(
                plan.HasChanges
                    ? $"{PlanView.Count(plan)} missing: this machine is not as {node.Document.Source} says. To mend it: [bold]sudo holdfast up[/]"
                    : $"This machine is as {node.Document.Source} says."
            );
        }

        return plan.HasChanges ? ExitCode.Drift : ExitCode.Ok;
    }

    private static CheckOutput ToOutput(
        NodeContext node,
        IReadOnlyList<PreflightFinding> findings,
        IReadOnlyList<StepOutput> steps
    ) =>
        new(
            node.Document.Spec.Name,
            node.Document.Source,
            FactsView.List(node).ToDictionary(fact => fact.Name, fact => fact.Value),
            [.. findings.Select(f => new FindingOutput(f.Severity.ToString().ToLowerInvariant(), f.What, f.Remedy))],
            steps
        );
}
