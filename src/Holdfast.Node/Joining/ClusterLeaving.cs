using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>
/// Takes a machine out of the cluster that Holdfast made it join: services stopped, volumes unmounted, the tool's own reset,
/// then what the join created is removed and what the join or the reset removed or changed is put back. Files that others
/// added or changed since stay and are named. Each part may be repeated after a crash.
/// </summary>
internal static class ClusterLeaving
{
    /// <summary>The shared files as the join left them.</summary>
    private const string LeftFile = "left.json";

    private const string PlanFile = "leaving.json";

    /// <summary>Notes how the join left the shared files, so that later changes of others can be told apart.</summary>
    public static async Task NoteWhatJoinLeftAsync(
        Machine machine,
        JoinFootprint footprint,
        CancellationToken cancellationToken
    )
    {
        var left = await TakeSharedAsync(machine, footprint, keptIn: null, cancellationToken);
        await JoinState.WriteAsync(machine, LeftFile, left, JoiningJson.Default.DirectorySnapshot, cancellationToken);
    }

    /// <returns>What a person must know; null when there is nothing.</returns>
    public static async Task<string?> LeaveAsync(
        Machine machine,
        JoinRecord record,
        CancellationToken cancellationToken
    )
    {
        foreach (var service in record.Services)
        {
            await AgentServices.StopAsync(machine, service.Name, disable: !service.WasEnabled, cancellationToken);
        }
        UnmountBelow(machine, record.Footprint);
        var plan = await PlanAsync(machine, record, cancellationToken);
        var notes = plan.Notes.ToList();
        if (JoinState.WasBegun(machine, record.DoneFile))
        {
            try
            {
                await ResetAsync(machine, record.Reset, cancellationToken);
            }
            catch (NodeException failure)
            {
                // The files are put back whatever it says; what only the tool knows (an address set up, a route) is told.
                notes.Add($"{failure.Message}: the files are as before all the same");
            }
        }
        FaultPoint.Reach("cluster.reset");
        RemoveOwn(machine, record, notes);
        foreach (var path in plan.Created.Reverse())
        {
            Delete(machine, path);
        }
        foreach (var entry in plan.Wanted.Entries)
        {
            if (await DirectorySnapshot.ReadNowAsync(machine, entry.Path, cancellationToken) != entry)
            {
                await DirectorySnapshot.RestoreAsync(machine, entry, JoinState.KeptIn(machine), cancellationToken);
            }
        }
        await RestoreMissingAsync(machine, record, record.Footprint.EmptiedByReset, cancellationToken);
        foreach (var parent in record.Missing.OrderByDescending(path => path.Length))
        {
            machine.RemoveEmptyDirectory(parent);
        }
        notes.AddRange(PodCgroups.RemoveEmpty(machine));
        await machine.Services.RefreshAsync(cancellationToken);
        JoinState.Forget(machine);
        return notes.Count == 0 ? null : string.Join("; ", notes);
    }

    /// <summary>
    /// Makes room for another try after a join that was cut short. Networks and other files that were there before the join
    /// and that the reset removes come back.
    /// </summary>
    public static async Task ResetUnfinishedAsync(
        Machine machine,
        JoinRecord record,
        CancellationToken cancellationToken
    )
    {
        foreach (var service in record.Services)
        {
            await AgentServices.StopAsync(machine, service.Name, disable: false, cancellationToken);
        }
        UnmountBelow(machine, record.Footprint);
        await ResetAsync(machine, record.Reset, cancellationToken);
        await RestoreMissingAsync(
            machine,
            record,
            [.. record.Footprint.Shared, .. record.Footprint.EmptiedByReset],
            cancellationToken
        );
    }

    /// <summary>Puts back what was there before the join and is not there now.</summary>
    public static async Task RestoreMissingAsync(
        Machine machine,
        JoinRecord record,
        IReadOnlyList<string> roots,
        CancellationToken cancellationToken
    )
    {
        foreach (var entry in record.Before.Entries.Where(entry => DirectorySnapshot.IsBelow(entry.Path, roots)))
        {
            if (FileStatus.Read(machine.At(entry.Path), followLink: false) is null)
            {
                await DirectorySnapshot.RestoreAsync(machine, entry, JoinState.KeptIn(machine), cancellationToken);
            }
        }
    }

    /// <summary>
    /// Made before the reset, which empties shared directories (static pods, networks of CNI) without asking whose files these
    /// are, and kept so that a crash does not lose it.
    /// </summary>
    private static async Task<LeavingPlan> PlanAsync(
        Machine machine,
        JoinRecord record,
        CancellationToken cancellationToken
    )
    {
        var json = JoiningJson.Default.LeavingPlan;
        if (await JoinState.ReadAsync(machine, PlanFile, json, cancellationToken) is { } known)
        {
            return known;
        }
        var now = await TakeSharedAsync(machine, record.Footprint, JoinState.KeptIn(machine), cancellationToken);
        var left = await JoinState.ReadAsync(
            machine,
            LeftFile,
            JoiningJson.Default.DirectorySnapshot,
            cancellationToken
        );
        // Of a join that was cut short everything that was not there before is the join's.
        var wasBegun = JoinState.WasBegun(machine, record.DoneFile);
        var plan = LeavingPlan.Make(record, left ?? (wasBegun ? now : record.Before), now);
        if (machine.Exists(record.DoneFile) && !JoinState.IsUnfinished(machine) && record.Destroys is null)
        {
            plan = plan with
            {
                Notes =
                [
                    .. plan.Notes,
                    $"the node's object stays in its cluster; remove it there with: kubectl delete node {record.Node}",
                ],
            };
        }
        await JoinState.WriteAsync(machine, PlanFile, plan, json, cancellationToken);
        return plan;
    }

    private static Task<DirectorySnapshot> TakeSharedAsync(
        Machine machine,
        JoinFootprint footprint,
        string? keptIn,
        CancellationToken cancellationToken
    ) => DirectorySnapshot.TakeAsync(machine, footprint.Shared, footprint.Own, keptIn, cancellationToken);

    /// <summary>Volumes of pods are mounts: removing files through one would reach what they show.</summary>
    private static void UnmountBelow(Machine machine, JoinFootprint footprint)
    {
        foreach (var root in (string[])[.. footprint.Own, .. footprint.OwnIfNew])
        {
            var at = machine.At(root);
            foreach (var mount in Below(at))
            {
                MountTable.Unmount(mount.Target, detach: true);
            }
            if (Below(at).FirstOrDefault() is { } stuck)
            {
                throw new NodeException(
                    NodeReason.UndoFailed,
                    $"cannot remove {root}: {stuck.Target} is still mounted; unmount it and run: holdfast undo"
                );
            }
        }
    }

    /// <summary>Not the directory itself: that may be a disk of its own, which was there before.</summary>
    private static MountEntry[] Below(string at) => [.. MountTable.Read().Below(at).Where(mount => mount.Target != at)];

    /// <summary>Nothing but the agent writes into its own directories.</summary>
    private static void RemoveOwn(Machine machine, JoinRecord record, List<string> notes)
    {
        var ownIfNew = record
            .Footprint.OwnIfNew.Where(root => machine.Exists(root))
            .ToLookup(root => record.Present.Contains(root));
        foreach (var root in record.Footprint.Own.Concat(ownIfNew[false]))
        {
            var created = DirectorySnapshot.List(machine, root).Where(path => record.Before.Find(path) is null);
            foreach (var path in created.Reverse())
            {
                Delete(machine, path);
            }
        }
        notes.AddRange(
            ownIfNew[true].Select(root => $"{root} was there before the join and stays, with what the agent has added")
        );
    }

    /// <summary>Without the tool that resets there was nothing that it could have done.</summary>
    private static async Task ResetAsync(
        Machine machine,
        IReadOnlyList<string> reset,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var command = new ChildCommand(reset[0], [.. reset.Skip(1)]);
            await JoinTool.RunAsync(machine, command, "cannot take back a join", null, cancellationToken);
        }
        catch (NodeException missing) when (missing.Reason == NodeReason.NotSupported)
        {
            machine.Progress?.Report($"there is no {reset[0]} that could reset");
        }
    }

    /// <summary>A directory only when it is empty.</summary>
    private static void Delete(Machine machine, string path)
    {
        switch (FileStatus.Read(machine.At(path), followLink: false)?.Kind)
        {
            case null:
                break;
            case FileKind.Directory:
                machine.RemoveEmptyDirectory(path);
                break;
            default:
                File.Delete(machine.At(path));
                break;
        }
    }
}
