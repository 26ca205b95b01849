
namespace Holdfast.Node.Resources;

/// <summary>How each kind of change is taken back. Immutable, safe from any thread.</summary>
internal sealed class UndoTable
{
    private readonly Dictionary<string, IUndo> undos;

    public UndoTable(IEnumerable<IUndo> undos)
    {
        this.undos = undos.ToDictionary(undo => undo.Kind);
    }

    /// <summary>Every kind that this version of the program makes, or that an older one made.</summary>
    public static UndoTable Default { get; } =
        new([new OldFileUndo(FileResource.WholeKind), new ServiceUndo()]);

    public IEnumerable<IUndo> All => undos.Values;

    /// <exception cref="NodeException">A newer version of the program made the change.</exception>
    public IUndo For(string kind) =>
        undos.TryGetValue(kind, out var undo)
            ? undo
            : throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot take back a change of kind {kind}: this version of Holdfast does not know it; use the version that made it"
            );
}
