namespace Holdfast.Changes;

/// <summary>One step of a plan, in its order: a <see cref="Change"/> or a <see cref="Guard"/>.</summary>
public interface IStep
{
    /// <summary>What is wanted, for people: <c>swap is off</c>.</summary>
    string Title { get; }

    /// <summary>Why it is wanted, shown in the plan; null when the title says it all.</summary>
    string? Why { get; }
}

/// <summary>
/// A question that has to be answered well before the next step: does the runtime answer, does it read its configuration
/// as intended. It changes nothing, is asked at every apply, never journaled and never counted as a change. A fault fails the
/// apply, and the steps of the same group that this run made are taken back.
/// </summary>
/// <param name="Ask">Returns what is wrong and what to do, as a whole message; null when all is well.</param>
public sealed record Guard(string Title, Func<Machine, CancellationToken, Task<string?>> Ask) : IStep
{
    public string? Why => null;
}
