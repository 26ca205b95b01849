using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>
/// This machine is a member of its cluster. A join that was cut short is seen by the mark that it leaves: it is reset and
/// made anew, because no tool continues where it was.
/// </summary>
/// <param name="tool">Null when the document says no way to join: then the machine must be a member.</param>
internal sealed class JoinChange(ClusterMembership membership, JoinTool? tool)
    // By the agent, not by the tool: a document that loses its token after the join does not mean to leave.
    : Change<JoinRecord>(JoinKind, membership.AgentService, membership.Title)
{
    public static ChangeKind<JoinRecord> JoinKind { get; } =
        new("cluster-join", JoiningJson.Default.JoinRecord, UndoAsync, SettleAsync)
        {
            Destroys = history =>
                history.Original switch
                {
                    { Joined: true } => null,
                    { Destroys: { } data } => data,
                    var original => $"the membership of {original.Node} in its cluster, and the volumes of its pods",
                },
        };

    /// <summary>The file that is there when the machine is a member.</summary>
    public string DoneFile => membership.DoneFile;

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<JoinRecord> history,
        CancellationToken cancellationToken
    )
    {
        if (JoinState.IsUnfinished(machine))
        {
            return Inspection.Differs("an earlier join was cut short");
        }
        if (machine.Exists(membership.DoneFile))
        {
            return Inspection.AsWanted($"{membership.DoneFile} is there");
        }
        var warning = await RequireTool().RequireAsync(machine, cancellationToken);
        return Inspection.Differs(
            warning is null ? $"{membership.DoneFile} is not there" : $"{membership.DoneFile} is not there; {warning}"
        );
    }

    public override async Task<JoinRecord> RememberAsync(
        Machine machine,
        History<JoinRecord> history,
        CancellationToken cancellationToken
    )
    {
        if (!history.IsEmpty)
        {
            // What a join that was cut short has left is not how the machine was.
            return history.Original;
        }
        var joining = RequireTool();
        var isUnfinished = JoinState.IsUnfinished(machine);
        var footprint = await joining.ReadFootprintAsync(machine, cancellationToken);
        var reset = await joining.ResetCommandAsync(machine, cancellationToken);
        return new JoinRecord
        {
            Joined = machine.Exists(DoneFile) && !isUnfinished,
            Node = joining.NodeName,
            DoneFile = membership.DoneFile,
            Services = await AgentServices.LookAsync(machine, joining.Services, cancellationToken),
            Reset = [reset.FileName, .. reset.Arguments],
            Footprint = footprint,
            Present = [.. footprint.All.Where(machine.Exists)],
            Missing =
            [
                .. footprint
                    .All.Where(root => !machine.Exists(root))
                    .SelectMany(root => FileSnapshot.ListMissingDirectories(machine, root))
                    .Distinct(),
            ],
            Before = await DirectorySnapshot.TakeAsync(
                machine,
                // The rest of a join whose journal is gone is not how the machine was.
                isUnfinished ? Kubeadm.OfOthers : [.. footprint.Shared, .. footprint.Own, .. footprint.EmptiedByReset],
                without: [],
                JoinState.KeptIn(machine),
                cancellationToken
            ),
            Destroys = joining.Destroys,
        };
    }

    public override async Task DoAsync(
        Machine machine,
        History<JoinRecord> history,
        CancellationToken cancellationToken
    )
    {
        var joining = RequireTool();
        var record = history.Original;
        if (JoinState.IsUnfinished(machine))
        {
            machine.Progress?.Report("removing what an earlier join left");
            await ClusterLeaving.ResetUnfinishedAsync(machine, record, cancellationToken);
        }
        await AgentServices.RememberAsync(machine, record.Services, cancellationToken);
        await joining.RequireReachAsync(machine, cancellationToken);
        await JoinState.BeginAsync(machine, cancellationToken);
        try
        {
            await joining.JoinAsync(machine, cancellationToken);
        }
        finally
        {
            // yurtadm empties this directory.
            await ClusterLeaving.RestoreMissingAsync(
                machine,
                record,
                [Kubeadm.StaticPodDirectory],
                CancellationToken.None
            );
        }
        FaultPoint.Reach("cluster.joined");
        await ClusterLeaving.NoteWhatJoinLeftAsync(machine, record.Footprint, cancellationToken);
        JoinState.Finish(machine);
    }

    private static async Task<string?> UndoAsync(
        Machine machine,
        History<JoinRecord> history,
        CancellationToken cancellationToken
    ) => history.Original.Joined ? null : await ClusterLeaving.LeaveAsync(machine, history.Original, cancellationToken);

    private static Task SettleAsync(
        Machine machine,
        History<JoinRecord> history,
        CancellationToken cancellationToken
    ) =>
        history.Original.Joined
            ? Task.CompletedTask
            : AgentServices.StartAgainAsync(machine, history.Original.Services, cancellationToken);

    private JoinTool RequireTool() =>
        tool
        ?? throw new NodeException(
            NodeReason.NotSupported,
            $"cannot make this machine a node of a {membership.Kind} cluster: there is no {membership.DoneFile}, and the node document does not say how to join; fill in spec.cluster.{membership.Kind}, or join with {membership.Program} yourself first"
        );
}
