namespace Holdfast.Node.Joining;

/// <summary>A kind of cluster and how a member of it is known.</summary>
/// <param name="Kind">As the node document calls it.</param>
/// <param name="Program">Which makes a machine a member.</param>
/// <param name="DoneFile">The file that is there when the machine is a member.</param>
/// <param name="AgentService">Service of the agent that runs then.</param>
/// <param name="Title">What a person reads in the plan: <c>this machine has joined ...</c>.</param>
internal sealed record ClusterMembership(
    string Kind,
    string Program,
    string DoneFile,
    string AgentService,
    string Title
);
