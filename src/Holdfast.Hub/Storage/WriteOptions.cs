namespace Holdfast.Hub.Storage;

/// <summary>How an object is written, besides what is written.</summary>
internal sealed record WriteOptions
{
    /// <summary>A write of the Hub itself: for real, and nobody is there to be warned.</summary>
    public static WriteOptions Internal { get; } = new();

    /// <summary>Everything is decided and nothing is stored.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Takes what the writer should know about an object that is accepted all the same.</summary>
    public Action<string> Warn { get; init; } = _ => { };
}
