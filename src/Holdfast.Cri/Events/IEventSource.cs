namespace Holdfast.Cri.Events;

/// <summary>A way to learn what happens in a runtime.</summary>
internal interface IEventSource
{
    /// <summary>What it is, for the log.</summary>
    string Name { get; }

    /// <summary>
    /// The events from now on. The first item is a Resync and comes when no later event can be missed any more.
    /// </summary>
    /// <exception cref="CriException">
    /// Unimplemented: the runtime does not have this source. Anything else: it was lost.
    /// </exception>
    IAsyncEnumerable<RuntimeEvent> ReadAsync(CancellationToken cancellationToken);
}
