using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node;
using Holdfast.Node.Doctor;
using Holdfast.Terminal;
using Spectre.Console;

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
        var findings = Preflight.Check(node.Survey, node.Document.Spec);
        var plan = await node.PlanAsync(cancellationToken);
        var suspects = await FindSuspectsAsync(node, plan, cancellationToken);
        if (screen.Format == OutputFormat.Json)
        {
            Screen.Json(ToOutput(node, findings, PlanView.ToOutput(plan, suspects)), OutputJson.Readable.CheckOutput);
        }
        else
        {
            FactsView.Show(screen, node);
            FindingsView.ShowAll(screen, findings);
            PlanView.Show(screen, plan, withAll: true, suspects);
            screen.Line(Conclude(node, plan, findings));
        }

        return plan.HasChanges || findings.Any(finding => finding.IsDrift) ? ExitCode.Drift : ExitCode.Ok;
    }

    private static string Conclude(NodeContext node, NodePlan plan, IReadOnlyList<PreflightFinding> findings)
    {
        var source = node.Document.Source.EscapeMarkup();
        var drift = findings.Where(finding => finding.IsDrift).Select(finding => finding.Id).Distinct().ToArray();
        var byHand = drift.Length == 0 ? "" : $" To be mended by hand: {string.Join(", ", drift)}, see above.";
        return plan.HasChanges
                ? $"{PlanView.Count(plan)} missing: this machine is not as {source} says. To mend it: [bold]sudo holdfast up[/]{byHand}"
            : drift.Length > 0 ? $"This machine is not, or will not stay, as {source} says.{byHand}"
            : $"This machine is as {source} says.";
    }

    private static async Task<IReadOnlyDictionary<string, string>> FindSuspectsAsync(
        NodeContext node,
        NodePlan plan,
        CancellationToken cancellationToken
    )
    {
        var suspects = new Dictionary<string, string>();
        if (plan.Steps.Any(step => step.HasDrifted))
        {
            var finder = await SuspectFinder.CreateAsync(node.Machine, cancellationToken);
            foreach (var step in plan.Steps.Where(step => step.HasDrifted))
            {
                if (await finder.FindAsync(step, cancellationToken) is { } suspect)
                {
                    suspects[step.Id] = suspect;
                }
            }
        }

        return suspects;
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
            [
                .. findings.Select(f => new FindingOutput(
                    f.Id,
                    f.Severity.ToString().ToLowerInvariant(),
                    f.What,
                    f.Remedy,
                    f.IsDrift
                )),
            ],
            steps
        );
}
