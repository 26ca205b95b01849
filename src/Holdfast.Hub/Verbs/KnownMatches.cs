using System.Text.Json.Nodes;
using Holdfast.Hub.Storage;
using Holdfast.Store;

namespace Holdfast.Hub.Verbs;

/// <summary>
/// Turns store events into what a watch with selectors must say: an object that begins to match is ADDED, one that ceases to
/// match is DELETED. Remembers only names, and only when there are selectors. One per watch, used by one task.
/// </summary>
internal sealed class KnownMatches
{
    private readonly ObjectFilter filter;
    private readonly HashSet<ObjectKey> matching = [];

    /// <summary>Objects changed between the client's revision and the list: what they were at that revision nobody knows.</summary>
    private readonly HashSet<ObjectKey> unknown = [];
    private readonly long listed;
    private readonly bool replays;

    /// <param name="from">The client's resourceVersion; null when it got the list itself as ADDED events.</param>
    /// <param name="list">The objects as they are; null when the filter lets everything pass.</param>
    public KnownMatches(ObjectFilter filter, ObjectList? list, long? from)
    {
        this.filter = filter;
        if (filter.IsEmpty || list is null)
        {
            return;
        }

        listed = list.Revision;
        replays = from is not null;

        foreach (var item in list.Items)
        {
            if (from is not null && item.Revision > from)
            {
                unknown.Add(item.Key);
            }
            else if (filter.Passes(StoredJson.Parse(item)))
            {
                matching.Add(item.Key);
            }
        }
    }

    /// <summary>What to tell the client; null for nothing.</summary>
    public (string Type, JsonObject Object)? Judge(StoreEvent e)
    {
        var o = StoredJson.Parse(e.Object);
        if (filter.IsEmpty)
        {
            return (
                e.Kind switch
                {
                    StoreEventKind.Added => "ADDED",
                    StoreEventKind.Deleted => "DELETED",
                    _ => "MODIFIED",
                },
                o
            );
        }

        var key = e.Object.Key;
        var passes = filter.Passes(o);
        if (e.Kind == StoreEventKind.Added)
        {
            unknown.Remove(key);
            return passes && matching.Add(key) ? ("ADDED", o) : null;
        }

        // Nobody knows what the client has seen of it: telling of a deletion too many is harmless, one too few is not.
        var mayBeKnown = unknown.Remove(key) || (replays && e.Object.Revision <= listed);
        if (e.Kind == StoreEventKind.Deleted)
        {
            return matching.Remove(key) || (mayBeKnown && passes) ? ("DELETED", o) : null;
        }

        if (passes)
        {
            return (matching.Add(key) && !mayBeKnown ? "ADDED" : "MODIFIED", o);
        }

        return matching.Remove(key) || mayBeKnown ? ("DELETED", o) : null;
    }
}
