namespace Holdfast.Node.Resources;

/// <summary>The undo of a step that only asks: what changed nothing has nothing to put back. Stateless.</summary>
internal sealed class NothingUndo(string kind) : IUndo
{
    public string Kind => kind;

    public Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(null);
}
