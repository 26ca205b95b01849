namespace Holdfast.Node.Joining;

/// <summary>What becomes of the shared files when a machine leaves its cluster.</summary>
/// <param name="Wanted">How they are to be, as before the join or as someone has made them since.</param>
/// <param name="Created">What the join created and nobody has changed, parents before children; it is removed.</param>
/// <param name="Notes">For people.</param>
internal sealed record LeavingPlan(DirectorySnapshot Wanted, IReadOnlyList<string> Created, IReadOnlyList<string> Notes)
{
    /// <param name="left">As the join left them.</param>
    /// <param name="now">As they are before the reset.</param>
    public static LeavingPlan Make(JoinRecord record, DirectorySnapshot left, DirectorySnapshot now)
    {
        var wanted = new List<SnapshotEntry>();
        var created = new List<string>();
        var notes = new List<string>();
        foreach (
            var before in record.Before.Entries.Where(entry =>
                !DirectorySnapshot.IsBelow(entry.Path, record.Footprint.EmptiedByReset)
            )
        )
        {
            var isOwn = DirectorySnapshot.IsBelow(before.Path, record.Footprint.Own);
            var current = isOwn ? null : now.Find(before.Path);
            var isOurs =
                current is null || current.HasContentOf(before) || current.HasContentOf(left.Find(before.Path));
            wanted.Add(isOurs ? before : current!);
            if (!isOurs)
            {
                notes.Add($"{before.Path} was changed since the join and stays");
            }
        }
        var later = new List<string>();
        foreach (var current in now.Entries.Where(entry => record.Before.Find(entry.Path) is null))
        {
            var atJoin = left.Find(current.Path);
            if (current.HasContentOf(atJoin))
            {
                created.Add(current.Path);
                continue;
            }
            wanted.Add(current);
            if (atJoin is not null)
            {
                notes.Add($"{current.Path} came with the join, was changed since and stays");
            }
            else if (current.Kind != Linux.FileKind.Directory)
            {
                later.Add(current.Path);
            }
        }
        if (later.Count > 0)
        {
            notes.Add($"added since the join and kept: {string.Join(", ", later)}");
        }
        return new LeavingPlan(new DirectorySnapshot(wanted), created, notes);
    }
}
