using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>A document that names a cluster but no way into it: somebody else has joined, or shall. Immutable.</summary>
internal sealed class JoinedAlready(string kind, string program, string doneFile, string agentService) : IJoinTool
{
    public string Program => program;

    public string Title => $"this machine is a node of a {kind} cluster";

    public string Why => "the node document says no way to join, so it must have joined before";

    public string DoneFile => doneFile;

    public string AgentService => agentService;

    public Task<IReadOnlyList<string>> ListFootprintAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task RequireAsync(Machine machine, CancellationToken cancellationToken) =>
        throw new NodeException(
            NodeReason.NotSupported,
            $"cannot make this machine a node of a {kind} cluster: there is no {doneFile}, and the node document does not "
                + $"say how to join; fill in spec.cluster.{kind}, or join with {program} yourself first"
        );

    public Task JoinAsync(Machine machine, CancellationToken cancellationToken) =>
        RequireAsync(machine, cancellationToken);

    public Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken) =>
        throw new NodeException(
            NodeReason.NotSupported,
            $"cannot make this machine a node of a {kind} cluster: an earlier join was cut short, and the node document no "
                + $"longer says how to join; fill in spec.cluster.{kind} again, or run: holdfast undo"
        );
}
