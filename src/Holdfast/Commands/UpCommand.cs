using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Node.Pods;
using Holdfast.Node.Probe;
using Holdfast.Node.Software.Bundles;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary><c>holdfast up</c>: makes this machine the node that the document describes, and proves that pods run.</summary>
internal static class UpCommand
{
    /// <summary>From a running daemon to a node that is Ready: the runtime is up already, so this is a second, not minutes.</summary>
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    private static readonly Option<bool> NoProbe = new("--no-probe")
    {
        Description = "Do not prove every runtime with a real pod at the end",
    };

    private static readonly Option<bool> Remove = new("--remove")
    {
        Description = "Allow what destroys data: leaving a cluster, a runtime's images and containers",
    };

    private static readonly Option<bool> Previous = new("--previous")
    {
        Description = "Return to the document that was applied before the one in force",
    };

    private static readonly Option<string?> BundleFile = new("--bundle")
    {
        Description = "Take everything from this file, made by holdfast bundle, and ask no network",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "up",
            "Make this machine a node: prepare it, start the runtimes and the daemon, and run a pod"
        )
        {
            CommandOptions.File,
            CommandOptions.Output,
            BundleFile,
            Previous,
            Remove,
            NoProbe,
        };
        command.Validators.Add(result =>
        {
            if (CommandOptions.IsGiven(result, Previous) && CommandOptions.IsGiven(result, CommandOptions.File))
            {
                result.AddError("--previous and --file exclude each other.");
            }
        });
        command.SetExamples(
            "# with defaults: containerd and runc from the distribution's packages",
            "sudo ./holdfast up",
            "# on a machine without network",
            "sudo ./holdfast up -f node.yaml --bundle node.bundle",
            "# as a document says",
            "sudo ./holdfast up -f examples/node.yaml",
            "# back to the document before",
            "sudo holdfast up --previous"
        );
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("up");
        var paths = CommandOptions.Paths(parsed);
        var file = await FindDocumentAsync(parsed, paths, cancellationToken);
        var bundle = await OpenBundleAsync(parsed.GetValue(BundleFile), paths, cancellationToken);
        var loaded = await NodeContext.LoadAsync(file, paths, cancellationToken);
        var node = loaded with { Machine = loaded.Machine.WithBundle(bundle) };
        var findings = Preflight.Check(node.Survey, node.Document.Spec);
        FindingsView.Require(findings);

        // From here to the end nobody else changes the machine, so what the plan saw stays true.
        using var journal = await ChangeJournal.OpenAsync(node.Paths, node.Machine.Time, cancellationToken);
        var plan = await node.PlanAsync(cancellationToken);
        var proof = new PendingProof(paths);
        var isProbing = !parsed.GetValue(NoProbe);
        if (plan.HasChanges)
        {
            await OrphanedPods.RequireNoneAsync(
                node.Document.Spec,
                node.Document.Source,
                node.Machine,
                cancellationToken
            );
            plan.RequireRemovalsAllowed(parsed.GetValue(Remove));
            FindingsView.Show(screen, findings);
            screen.Note(
                $"[bold]{PlanView.Count(plan)}[/] to make [grey](as {node.Document.Source.EscapeMarkup()} says)[/]"
            );
        }

        var documents = new AppliedDocuments(paths);
        if (plan.HasChanges)
        {
            await documents.KeepFirstAsync(cancellationToken);
            if (isProbing)
            {
                await proof.BeginAsync(cancellationToken);
            }
        }

        // Applied also without changes: a crash between a change and its mark in the journal is healed there.
        var result = await ApplyAsync(node, plan, parsed.GetValue(Remove), journal, screen, cancellationToken);
        var ready = await NodeReadiness.WaitAsync(node, ReadyLimit, cancellationToken);
        var upgrades = journal.ListUnproven(NodeKinds.All);
        if (!isProbing || (upgrades.Count == 0 && !proof.Exists))
        {
            await documents.KeepAsync(node.Document.Text, cancellationToken);
            return Finish(screen, node, result, ready, []);
        }

        var probes = await ProbeCommand.ProbeAsync(node, screen, cancellationToken);
        if (upgrades.Count > 0 && !IsFine(ready, probes))
        {
            ProbeView.Show(screen, probes);
            throw await UpgradeRollback.RunAsync(node, upgrades, journal, screen);
        }

        journal.MarkProven(NodeKinds.All);
        await documents.KeepAsync(node.Document.Text, cancellationToken);
        if (IsFine(ready, probes))
        {
            proof.Pass();
        }

        return Finish(screen, node, result, ready, probes);
    }

    /// <returns>The file to read; null for the document in force, or the built-in one.</returns>
    private static async Task<string?> FindDocumentAsync(
        ParseResult parsed,
        NodePaths paths,
        CancellationToken cancellationToken
    )
    {
        if (!parsed.GetValue(Previous))
        {
            return parsed.GetValue(CommandOptions.File);
        }

        return await new AppliedDocuments(paths).FindPreviousAsync(cancellationToken)
            ?? throw new CommandException(
                ExitCode.Failed,
                "cannot return to the previous document: no other one was applied to this machine",
                "To apply one: sudo holdfast up -f FILE"
            );
    }

    /// <summary>What it has is remembered first: <c>bundle: {}</c> in the document means just that, now and later.</summary>
    private static async Task<Bundle?> OpenBundleAsync(
        string? file,
        NodePaths paths,
        CancellationToken cancellationToken
    )
    {
        if (file is null)
        {
            return null;
        }

        var machine = NodeContext.CreateMachine(paths, NodeContext.CreateLogs());
        var release = (await OsRelease.ReadAsync(machine, cancellationToken)).Release;
        var bundle = await Bundle.OpenAsync(file, MachineFacts.OwnArchitecture, release, cancellationToken);
        await bundle.Index.RememberAsync(paths, cancellationToken);
        return bundle;
    }

    private static bool IsFine(NodeReadiness ready, IReadOnlyList<ProbeOutput> probes) =>
        ready.IsReady && probes.All(probe => probe.Ok);

    private static async Task<ApplyResult> ApplyAsync(
        NodeContext node,
        NodePlan plan,
        bool mayDestroy,
        ChangeJournal journal,
        Screen screen,
        CancellationToken cancellationToken
    )
    {
        using var view = new ChangesView(screen, node.Machine.Time);
        var applier = new Applier(NodeKinds.All, node.Machine, journal, view) { MayDestroy = mayDestroy };
        var result = await applier.ApplyAsync(plan, cancellationToken);
        foreach (var failure in result.Failures)
        {
            screen.Note($"[red]failed  [/] {failure.EscapeMarkup()}");
        }

        return result;
    }

    private static int Finish(
        Screen screen,
        NodeContext node,
        ApplyResult result,
        NodeReadiness ready,
        IReadOnlyList<ProbeOutput> probes
    )
    {
        var isFine = IsFine(ready, probes);
        if (screen.Format == OutputFormat.Json)
        {
            var output = new UpOutput(node.Document.Spec.Name, result.Changed, result.Unchanged, ready.IsReady, probes);
            Screen.Json(output, OutputJson.Readable.UpOutput);
            return isFine && result.Failures.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
        }

        ProbeView.Show(screen, probes);
        if (!isFine)
        {
            throw new CommandException(
                ExitCode.Failed,
                ready.IsReady
                    ? $"cannot run pods with {string.Join(", ", probes.Where(p => !p.Ok).Select(p => p.Handler))}: see above"
                    : $"cannot make the node {node.Document.Spec.Name} ready: {ready.Reason}",
                node.Facts.IsSystemd
                    ? $"What the daemon says: journalctl -u {node.Document.Spec.Cluster.AgentService ?? "holdfast"} -n 50. Then run the same command again."
                    : "What the daemon says: /var/log/holdfast. Then run the same command again."
            );
        }

        screen.Line(
            result.Changed == 0
                ? $"[green]Nothing to change:[/] the node [bold]{node.Document.Spec.Name.EscapeMarkup()}[/] is Ready."
                : $"[green]The node [bold]{node.Document.Spec.Name.EscapeMarkup()}[/] is Ready[/] [grey]({ready.Version})[/]."
        );
        if (result.Changed > 0 && node.Document.Spec.Cluster.IsStandalone)
        {
            screen.Line("Next:");
            screen.Line($"  export KUBECONFIG={node.Paths.AdminKubeconfig.EscapeMarkup()}");
            screen.Line("  kubectl apply -f examples/hello.yaml");
            screen.Line("  kubectl get pod -o wide");
        }

        return result.Failures.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
