using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>A program that makes a machine a member of a cluster, and takes it out again. Implementations are immutable.</summary>
internal interface IJoinTool
{
    /// <summary>As it is called and as messages name it.</summary>
    string Program { get; }

    /// <summary>What a person reads in the plan: <c>this machine has joined ...</c>.</summary>
    string Title { get; }

    string Why { get; }

    /// <summary>The file that is there when the machine is a member.</summary>
    string DoneFile { get; }

    /// <summary>Service of the agent that it starts.</summary>
    string AgentService { get; }

    /// <summary>Every service that it starts. They are stopped in this order: the agent before what it talks through.</summary>
    IReadOnlyList<string> Services => [AgentService];

    /// <summary>Directories and files that it makes, changes or removes; undo puts each back as it was.</summary>
    Task<IReadOnlyList<string>> ListFootprintAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>Says what is missing for it, before anything of the machine is changed.</summary>
    /// <exception cref="NodeException">With what to do.</exception>
    Task RequireAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>What a person must know of this machine before the join; null when there is nothing.</summary>
    string? Warn(Machine machine) => null;

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
