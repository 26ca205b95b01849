namespace Holdfast.Store.Watching;

/// <summary>
/// How far one watcher has come. All of it is guarded by the lock of its <see cref="EventFeed"/>, except that
/// <see cref="Position"/> is the watcher's own while it is not waiting.
/// </summary>
internal sealed class Watcher(string resource, string? ns, long position)
{
    public string Resource => resource;
    public string? Namespace => ns;

    /// <summary>
    /// Every event up to this revision was seen, or did not concern this watcher. While it waits the feed does not move it on:
    /// <see cref="EventFeed.PositionWhileWaiting"/> knows better.
    /// </summary>
    public long Position { get; set; } = position;

    /// <summary>Set when an event that concerns this watcher has come; renewed each time it starts to wait.</summary>
    public TaskCompletionSource Signal { get; set; } = new();

    public bool Wants(ObjectKey key) => key.Resource == resource && (ns is null || key.Namespace == ns);
}
