using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>A program that makes a machine a member of a cluster, and takes it out again.</summary>
internal interface IJoinTool
{
    /// <summary>What it makes of this machine.</summary>
    ClusterMembership Membership { get; }

    string Why { get; }

    /// <summary>The node's name in the cluster.</summary>
    string NodeName { get; }

    /// <summary>Every service that it starts. They are stopped in this order: the agent before what it talks through.</summary>
    IReadOnlyList<string> Services => [Membership.AgentService];

    /// <summary>Data that is lost when the machine leaves, for people; null when only the node's own pods end.</summary>
    string? Destroys => null;

    /// <summary>What the tool, its reset and the agent write, change or remove.</summary>
    Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>Says what is missing for it, before anything of the machine is changed.</summary>
    /// <returns>What a person must know of this machine before the join; null when there is nothing.</returns>
    /// <exception cref="NodeException">With what to do.</exception>
    Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>
    /// Returns when nothing of the network or the token speaks against the join; asked right before it, when nothing is changed
    /// yet.
    /// </summary>
    /// <exception cref="NodeException">ChangeFailed: with the reason and what to do.</exception>
    Task RequireReachAsync(Machine machine, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Joins. What an earlier attempt left has been reset.</summary>
    Task JoinAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>The command that takes the machine out of the cluster.</summary>
    Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken);
}
