using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Components;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Terminal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Composition;

/// <summary>The machine's way up to the plan: what the verbs that look at or change the machine have in common. Immutable.</summary>
/// <param name="Logs">Silent, unless somebody debugs.</param>
internal sealed record NodeContext(
    NodePaths Paths,
    LoadedDocument Document,
    Machine Machine,
    MachineSurvey Survey,
    ILoggerFactory Logs
)
{
    public MachineFacts Facts => Survey.Facts;

    public static async Task<NodeContext> LoadAsync(string? file, NodePaths paths, CancellationToken cancellationToken)
    {
        // The order matters: a wrong document must be told before anything of the machine is looked at.
        var document = await NodeDocuments.LoadAsync(file, paths, cancellationToken);
        var logs = CreateLogs();
        var machine = CreateMachine(paths, logs);
        var survey = await MachineSurvey.ReadAsync(machine, document.Spec, cancellationToken);
        document = document with { Spec = PodSubnets.Choose(document.Spec, survey) };
        return new NodeContext(paths, document, machine, survey, logs);
    }

    /// <summary>The machine without a document, for putting back from the journal.</summary>
    public static Machine CreateMachine(NodePaths paths, ILoggerFactory logs)
    {
        var time = TimeProvider.System;
        string[] supervise = [AgentInstall.InstalledPath, .. RootArguments(paths), "supervise"];
        IServiceManager services = SystemdServices.IsInit()
            ? new SystemdServices(time)
            : new SupervisedServices(paths, supervise, time);
        return new Machine(paths, "/", services, time, logs);
    }

    public static ILoggerFactory CreateLogs() =>
        Environment.GetEnvironmentVariable("HOLDFAST_DEBUG") is { Length: > 0 }
            ? new StderrLogs(LogLevel.Debug, TimeProvider.System)
            : NullLoggerFactory.Instance;

    public Task<NodePlan> PlanAsync(CancellationToken cancellationToken)
    {
        var install = new AgentInstall(Environment.ProcessPath!, Document.Text)
        {
            DocumentPath = Paths.NodeDocument,
            Arguments = [.. RootArguments(Paths), "agent"],
            ReadySocket = Paths.HubSocket,
        };
        return Planner.For(install).PlanAsync(Document.Spec, Facts, Machine, cancellationToken);
    }

    /// <exception cref="CommandException">Not root.</exception>
    public static void RequireRoot(string verb)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new CommandException(
                ExitCode.NoPermission,
                $"cannot run holdfast {verb}: it looks at or changes the whole machine, which needs root",
                $"Run: sudo holdfast {verb} (from a clone: sudo ./holdfast {verb})"
            );
        }
    }

    private static string[] RootArguments(NodePaths paths) => paths.Root == "/" ? [] : ["--root", paths.Root];
}
