namespace Holdfast.Node.Doctor;

/// <summary>How bad a finding is.</summary>
public enum PreflightSeverity
{
    /// <summary>Good to know; nothing to do.</summary>
    Info,

    /// <summary>The node will work, but not as well as it should.</summary>
    Warning,

    /// <summary>The node cannot work before this is remedied.</summary>
    Error,
}

/// <summary>Something about the machine to know before it is changed.</summary>
public sealed record PreflightFinding(PreflightSeverity Severity, string What, string Remedy)
{
    /// <summary>The name that <see cref="Preflight"/> has for its check: stable, for scripts and docs/troubleshooting.md.</summary>
    public string Id { get; init; } = "";

    /// <summary>
    /// The machine is not, or will not stay, as the document says, and <c>up</c> cannot repair it: the cause does not belong
    /// to Holdfast.
    ///</summary>
    public bool IsDrift { get; init; }

    /// <summary>Something that Holdfast decided by itself: <c>up</c> tells it although nothing is wrong.</summary>
    public bool IsDecision { get; init; }

    internal static PreflightFinding Error(string what, string remedy) => new(PreflightSeverity.Error, what, remedy);

    internal static PreflightFinding Warning(string what, string remedy) =>
        new(PreflightSeverity.Warning, what, remedy);

    internal static PreflightFinding Info(string what, string remedy) => new(PreflightSeverity.Info, what, remedy);

    internal static PreflightFinding Drift(string what, string remedy) => Warning(what, remedy) with { IsDrift = true };
}
