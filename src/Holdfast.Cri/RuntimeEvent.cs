namespace Holdfast.Cri;

/// <summary>What happened in a runtime.</summary>
public enum RuntimeEventKind
{
    /// <summary>Anything may have happened unseen: list everything anew. First of all events, and after every gap.</summary>
    Resync,

    /// <summary>The first process of a container or sandbox runs.</summary>
    Started,

    /// <summary>The first process of a container or sandbox ended.</summary>
    Exited,

    /// <summary>The container or sandbox is gone.</summary>
    Deleted,

    /// <summary>The kernel killed a process of the container for lack of memory.</summary>
    OomKilled,

    /// <summary>The container or sandbox was made; nothing runs yet.</summary>
    Created,

    /// <summary>The runtime is out of reach. A <see cref="Resync"/> follows when it is back.</summary>
    Disconnected,
}

/// <summary>One thing that happened in a runtime. Immutable.</summary>
/// <param name="Endpoint">Name of the endpoint where it happened.</param>
/// <param name="Id">Container or sandbox id; empty for Resync and Disconnected.</param>
/// <param name="At">When it happened, by the clock of the machine.</param>
/// <param name="ExitCode">Exit code of an Exited event, where the runtime tells it at once.</param>
public sealed record RuntimeEvent(string Endpoint, RuntimeEventKind Kind, string Id, DateTimeOffset At, int? ExitCode);
