using System.Text.Json;

namespace Holdfast.Changes;

/// <summary>
/// The smallest thing of a machine that can be inspected, changed and put back, as the engine sees it. Derive from
/// <see cref="Change{TBefore}"/>. An instance holds what is wanted, never what was found: it may be inspected, done and
/// inspected again, by one caller at a time.
/// </summary>
public abstract class Change : IStep
{
    private protected Change(ChangeKind kind, string subject, string title)
    {
        KindInfo = kind;
        Subject = subject;
        Title = title;
    }

    /// <summary>How changes of this kind are put back.</summary>
    public ChangeKind KindInfo { get; }

    /// <summary>Name of the kind: <c>file</c>, <c>sysctl</c>...</summary>
    public string Kind => KindInfo.Name;

    /// <summary>What is changed: a path, a parameter, a service; empty where a machine has only one.</summary>
    public string Subject { get; }

    /// <summary>Unique in a plan and the same in every run: <c>file:/etc/hosts</c>.</summary>
    public string Id => KindInfo.IdOf(Subject);

    public string Title { get; init; }

    public string? Why { get; init; }

    /// <summary>
    /// Whether the change applies at all, asked before each inspection. Null goes on to the inspection. An answer that is as
    /// wanted skips the change ("Docker's containerd is installed"). One that differs says what an earlier step has yet to
    /// bring; it stands in the plan, and the change fails when it is still so at its turn.
    /// </summary>
    public Func<Machine, CancellationToken, Task<Inspection?>>? Condition { get; init; }

    internal async Task<Inspection> LookAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    )
    {
        var instead = Condition is null ? null : await Condition(machine, cancellationToken);
        return instead ?? await InspectStoredAsync(machine, history, cancellationToken);
    }

    /// <exception cref="NodeException">ChangeFailed: what the change needs is still not there.</exception>
    internal async Task RequireConditionAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (Condition is not null && await Condition(machine, cancellationToken) is { IsAsWanted: false } missing)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot make sure that {Title}: {missing.Summary}, and no step before this one brought it"
            );
        }
    }

    internal abstract Task<JsonElement> RememberStoredAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    );

    internal abstract Task DoStoredAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    );

    private protected abstract Task<Inspection> InspectStoredAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    );
}

/// <summary>
/// One class per kind of change holds all that is done to one thing: inspect, remember, do and, as a static method that
/// its <see cref="ChangeKind{TBefore}"/> names, undo.
/// </summary>
/// <typeparam name="TBefore">
/// What undo needs, as a record of the room's JSON context: how the thing was, and what is about to be written (a hash, a
/// value), so that undo can tell Holdfast's last write from a later edit by someone else.
/// </typeparam>
public abstract class Change<TBefore>(ChangeKind<TBefore> kind, string subject, string title)
    : Change(kind, subject, title)
{
    /// <summary>Compares the machine with what is wanted and changes neither; inspections of a plan run side by side.</summary>
    public abstract Task<Inspection> InspectAsync(
        Machine machine,
        History<TBefore> history,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// What undo needs. It is on the disk before <see cref="DoAsync"/> is called, at every run that writes; the first
    /// record of a change has the original. Must not change anything.
    /// </summary>
    public abstract Task<TBefore> RememberAsync(
        Machine machine,
        History<TBefore> history,
        CancellationToken cancellationToken
    );

    /// <summary>Makes it so. Idempotent: it may have been killed half way before.</summary>
    /// <param name="history">Its last record is what <see cref="RememberAsync"/> just returned.</param>
    public abstract Task DoAsync(Machine machine, History<TBefore> history, CancellationToken cancellationToken);

    internal override async Task<JsonElement> RememberStoredAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    ) =>
        JsonSerializer.SerializeToElement(
            await RememberAsync(machine, kind.Read(history), cancellationToken),
            kind.Json
        );

    internal override Task DoStoredAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    ) => DoAsync(machine, kind.Read(history), cancellationToken);

    private protected override Task<Inspection> InspectStoredAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    ) => InspectAsync(machine, kind.Read(history), cancellationToken);
}

/// <summary>A change that decides by the machine alone, whatever earlier runs recorded of it.</summary>
public abstract class SimpleChange<TBefore>(ChangeKind<TBefore> kind, string subject, string title)
    : Change<TBefore>(kind, subject, title)
{
    /// <inheritdoc cref="Change{TBefore}.InspectAsync"/>
    public abstract Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken);

    /// <inheritdoc cref="Change{TBefore}.RememberAsync"/>
    public abstract Task<TBefore> RememberAsync(Machine machine, CancellationToken cancellationToken);

    /// <inheritdoc cref="Change{TBefore}.DoAsync"/>
    public abstract Task DoAsync(Machine machine, CancellationToken cancellationToken);

    public sealed override Task<Inspection> InspectAsync(
        Machine machine,
        History<TBefore> history,
        CancellationToken cancellationToken
    ) => InspectAsync(machine, cancellationToken);

    public sealed override Task<TBefore> RememberAsync(
        Machine machine,
        History<TBefore> history,
        CancellationToken cancellationToken
    ) => RememberAsync(machine, cancellationToken);

    public sealed override Task DoAsync(
        Machine machine,
        History<TBefore> history,
        CancellationToken cancellationToken
    ) => DoAsync(machine, cancellationToken);
}
