namespace Holdfast.Linux;

/// <summary>
/// A named place where a test may kill the process, as a power cut would: no finally block, no flush, no goodbye.
/// Set <c>HOLDFAST_FAULT=name</c> or <c>name@N</c> (the N-th time it is reached) in the environment. Thread-safe.
/// </summary>
public static class FaultPoint
{
    private static readonly string? Armed = Environment.GetEnvironmentVariable("HOLDFAST_FAULT");
    private static int timesReached;

    /// <summary>Marks that the program has come to this point; kills the process if a test armed it.</summary>
    /// <param name="name">Dotted lower-case name, unique in the program, for example <c>apply.after-do</c>.</param>
    public static void Reach(string name)
    {
        if (Armed is not null)
        {
            Reached(name, Armed);
        }
    }

    /// <summary>The same for a point that is named after what is done: <c>cri.before-start-a-container</c>.</summary>
    public static void Reach(string prefix, string action)
    {
        if (Armed is not null)
        {
            Reached(prefix + action.Replace(' ', '-'), Armed);
        }
    }

    private static void Reached(string name, string armed)
    {
        var at = armed.IndexOf('@', StringComparison.Ordinal);
        var wanted = at < 0 ? armed : armed[..at];
        var count = at < 0 ? 1 : int.Parse(armed.AsSpan(at + 1));
        if (name == wanted && Interlocked.Increment(ref timesReached) == count)
        {
            _ = Libc.Kill(Environment.ProcessId, ProcessTable.SigKill);
        }
    }
}
