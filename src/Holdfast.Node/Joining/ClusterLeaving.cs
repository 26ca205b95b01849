using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>
/// Takes a machine out of the cluster that Holdfast made it join: services stopped, volumes unmounted, the tool's own reset,
/// then what the join created is removed and what the join or the reset removed or changed is put back. Files that others
/// added or changed since stay and are named. Each part may be repeated after a crash.
/// </summary>
internal static class ClusterLeaving
{
    /// <summary>What the join created or changed, as it left it. Without it everything that was not there before is the join's.</summary>
    private const string LeftFile = "left.json";

    /// <summary>What others added since, which the tool's reset would remove.</summary>
    private const string LaterFile = "later.json";

    /// <summary>Notes how the join left the shared files, so that later changes of others can be told apart.</summary>
    public static async Task NoteWhatJoinLeftAsync(
        Machine machine,
        JoinFootprint footprint,
        CancellationToken cancellationToken
    )
    {
        var left = await DirectorySnapshot.TakeAsync(
            machine,
            footprint.Shared,
            footprint.Own,
            keptIn: null,
            cancellationToken
        );
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
            await AgentServices.StopAsync(machine, service.Name, disable: !service.Enabled, cancellationToken);
        }
        UnmountBelow(machine, [.. record.Footprint.Own, .. record.Footprint.OwnIfNew]);
        var left =
            await JoinState.ReadAsync(machine, LeftFile, JoiningJson.Default.DirectorySnapshot, cancellationToken)
            ?? await DirectorySnapshot.TakeAsync(
                machine,
                record.Footprint.Shared,
                record.Footprint.Own,
                keptIn: null,
                cancellationToken
            );
        var notes = new List<string>();
        var wasMember = machine.Exists(record.DoneFile) && !JoinState.IsUnfinished(machine);
        if (JoinState.WasBegun(machine, record.DoneFile))
        {
            await SetLaterFilesAsideAsync(machine, record, left, cancellationToken);
            notes.AddRange(await ResetAsync(machine, record.Reset, cancellationToken));
        }
        FaultPoint.Reach("cluster.reset");
        RemoveOwn(machine, record, notes);
        await RemoveCreatedAsync(machine, record, left, notes, cancellationToken);
        await PutBackAsync(machine, record, left, notes, cancellationToken);
        await PutLaterFilesBackAsync(machine, notes, cancellationToken);
        foreach (var parent in record.Missing.OrderByDescending(path => path.Length))
        {
            machine.RemoveEmptyDirectory(parent);
        }
        notes.AddRange(PodCgroups.RemoveEmpty(machine));
        if (wasMember && record.Destroys is null)
        {
            notes.Add(
                $"the node's object stays in its cluster; remove it there with: kubectl delete node {record.Node}"
            );
        }
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
        UnmountBelow(machine, [.. record.Footprint.Own, .. record.Footprint.OwnIfNew]);
        await RunResetAsync(machine, record.Reset, cancellationToken);
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

    /// <summary>Volumes of pods are mounts: removing files through one would reach what they show.</summary>
    private static void UnmountBelow(Machine machine, IEnumerable<string> roots)
    {
        foreach (var root in roots)
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

    /// <summary>The reset empties shared directories (static pods, networks of CNI) without asking whose files these are.</summary>
    private static async Task SetLaterFilesAsideAsync(
        Machine machine,
        JoinRecord record,
        DirectorySnapshot left,
        CancellationToken cancellationToken
    )
    {
        var json = JoiningJson.Default.DirectorySnapshot;
        if (await JoinState.ReadAsync(machine, LaterFile, json, cancellationToken) is not null)
        {
            return;
        }
        var now = await DirectorySnapshot.TakeAsync(
            machine,
            record.Footprint.Shared,
            record.Footprint.Own,
            JoinState.KeptIn(machine),
            cancellationToken
        );
        var later = now.Entries.Where(entry =>
            entry.Kind != FileKind.Directory && record.Before.Find(entry.Path) is null && left.Find(entry.Path) is null
        );
        await JoinState.WriteAsync(machine, LaterFile, new DirectorySnapshot([.. later]), json, cancellationToken);
    }

    private static async Task PutLaterFilesBackAsync(
        Machine machine,
        List<string> notes,
        CancellationToken cancellationToken
    )
    {
        var json = JoiningJson.Default.DirectorySnapshot;
        if (await JoinState.ReadAsync(machine, LaterFile, json, cancellationToken) is not { Entries.Count: > 0 } later)
        {
            return;
        }
        foreach (var entry in later.Entries)
        {
            if (FileStatus.Read(machine.At(entry.Path), followLink: false) is null)
            {
                await DirectorySnapshot.RestoreAsync(machine, entry, JoinState.KeptIn(machine), cancellationToken);
            }
        }
        notes.Add($"added since the join and kept: {string.Join(", ", later.Entries.Select(entry => entry.Path))}");
    }

    /// <summary>The agent's own directories become what they were: nothing else writes there.</summary>
    private static void RemoveOwn(Machine machine, JoinRecord record, List<string> notes)
    {
        foreach (var root in record.Footprint.Own)
        {
            foreach (var path in DirectorySnapshot.List(machine, root).AsEnumerable().Reverse())
            {
                if (record.Before.Find(path) is null)
                {
                    Delete(machine, path);
                }
            }
        }
        foreach (var root in record.Footprint.OwnIfNew.Where(root => machine.Exists(root)))
        {
            if (record.Present.Contains(root))
            {
                notes.Add($"{root} was there before the join and stays, with what the agent has added");
                continue;
            }
            foreach (var path in DirectorySnapshot.List(machine, root).AsEnumerable().Reverse())
            {
                Delete(machine, path);
            }
        }
    }

    private static async Task RemoveCreatedAsync(
        Machine machine,
        JoinRecord record,
        DirectorySnapshot left,
        List<string> notes,
        CancellationToken cancellationToken
    )
    {
        foreach (var created in left.Entries.Reverse().Where(entry => record.Before.Find(entry.Path) is null))
        {
            if (created.Kind == FileKind.Directory)
            {
                machine.RemoveEmptyDirectory(created.Path);
                continue;
            }
            var now = await DirectorySnapshot.ReadNowAsync(machine, created.Path, cancellationToken);
            if (created.HasContentOf(now))
            {
                Delete(machine, created.Path);
            }
            else if (now is not null)
            {
                notes.Add($"{created.Path} came with the join, was changed since and stays");
            }
        }
    }

    private static async Task PutBackAsync(
        Machine machine,
        JoinRecord record,
        DirectorySnapshot left,
        List<string> notes,
        CancellationToken cancellationToken
    )
    {
        foreach (var before in record.Before.Entries)
        {
            var now = await DirectorySnapshot.ReadNowAsync(machine, before.Path, cancellationToken);
            if (before == now)
            {
                continue;
            }
            // In the agent's own directories there are no changes of others.
            var isOurs =
                now is null
                || now.HasContentOf(before)
                || now.HasContentOf(left.Find(before.Path))
                || DirectorySnapshot.IsBelow(before.Path, record.Footprint.Own);
            if (isOurs)
            {
                await DirectorySnapshot.RestoreAsync(machine, before, JoinState.KeptIn(machine), cancellationToken);
            }
            else if (!DirectorySnapshot.IsBelow(before.Path, record.Footprint.EmptiedByReset))
            {
                notes.Add($"{before.Path} was changed since the join and stays");
            }
        }
    }

    /// <summary>The files are put back whatever it says; what only the tool knows (an address set up, a route) is told.</summary>
    private static async Task<IEnumerable<string>> ResetAsync(
        Machine machine,
        IReadOnlyList<string> reset,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await RunResetAsync(machine, reset, cancellationToken);
            return [];
        }
        catch (NodeException failure)
        {
            return [$"{failure.Message}: the files are as before all the same"];
        }
    }

    /// <summary>Without the tool that resets there was nothing that it could have done.</summary>
    private static async Task RunResetAsync(
        Machine machine,
        IReadOnlyList<string> reset,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var command = new ChildCommand(reset[0], [.. reset.Skip(1)]);
            await JoinProcess.RunAsync(machine, command, "cannot take back a join", null, cancellationToken);
        }
        catch (NodeException missing) when (missing.Reason == NodeReason.NotSupported)
        {
            machine.Progress?.Report($"there is no {reset[0]} that could reset");
        }
    }

    private static void Delete(Machine machine, string path)
    {
        if (FileStatus.Read(machine.At(path), followLink: false)?.Kind == FileKind.Directory)
        {
            machine.RemoveEmptyDirectory(path);
        }
        else
        {
            File.Delete(machine.At(path));
        }
    }
}
