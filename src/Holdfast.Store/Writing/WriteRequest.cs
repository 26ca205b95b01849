namespace Holdfast.Store.Writing;

internal enum WriteKind
{
    Create,
    Update,
    Transform,
    Delete,
}

/// <summary>
/// One write on its way through the writer. The caller only awaits <see cref="Task"/>; the rest belongs to the writer.
/// </summary>
internal sealed class WriteRequest(
    WriteKind kind,
    ObjectKey key,
    ReadOnlyMemory<byte> json,
    long? expectedRevision,
    CancellationToken ct
)
{
    private readonly TaskCompletionSource<StoredObject> completion = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private StoredObject? result;
    private Exception? refusal;

    public WriteKind Kind => kind;
    public ObjectKey Key => key;
    public ReadOnlyMemory<byte> Json => json;
    public long? ExpectedRevision => expectedRevision;

    /// <summary>For <see cref="WriteKind.Transform"/>: which object it must be, and what becomes of it.</summary>
    public string Uid { get; init; } = "";
    public Func<StoredObject, ReadOnlyMemory<byte>?>? Transform { get; init; }

    public Task<StoredObject> Task => completion.Task;

    /// <summary>A write can be given up only until the writer takes it; then its caller learns the outcome.</summary>
    public bool IsGivenUp => ct.IsCancellationRequested;

    /// <summary>For messages: <c>create pods default/web</c>.</summary>
    public string Doing =>
        kind switch
        {
            WriteKind.Create => $"create {key}",
            WriteKind.Update or WriteKind.Transform => $"update {key}",
            _ => $"delete {key}",
        };

    /// <summary>The outcome if the commit succeeds.</summary>
    public void Succeed(StoredObject stored) => result = stored;

    /// <summary>The outcome whether or not the commit succeeds: this write takes no part in it.</summary>
    public void Refuse(StoreReason reason, string cause) =>
        Refuse(new StoreException(reason, $"cannot {Doing}: {cause}"));

    public void Refuse(Exception cause) => refusal = cause;

    /// <summary>Tells the caller, after the commit.</summary>
    public void Complete()
    {
        if (refusal is not null)
        {
            completion.TrySetException(refusal);
        }
        else if (result is not null)
        {
            completion.TrySetResult(result);
        }
        else
        {
            completion.TrySetCanceled(ct);
        }
    }

    /// <summary>Tells the caller that the commit failed.</summary>
    public void Fail(Exception e) => completion.TrySetException(refusal ?? e);
}
