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
/// <param name="Id">One of <see cref="FindingId"/>: stable, for scripts and for docs/troubleshooting.md.</param>
public sealed record PreflightFinding(string Id, PreflightSeverity Severity, string What, string Remedy)
{
    /// <summary>
    /// The machine is not, or will not stay, as the document says, and <c>up</c> cannot repair it: the cause does not belong
    /// to Holdfast.
    ///</summary>
    public bool IsDrift { get; init; }

    public static PreflightFinding Error(string id, string what, string remedy) =>
        new(id, PreflightSeverity.Error, what, remedy);

    public static PreflightFinding Warning(string id, string what, string remedy) =>
        new(id, PreflightSeverity.Warning, what, remedy);

    public static PreflightFinding Info(string id, string what, string remedy) =>
        new(id, PreflightSeverity.Info, what, remedy);

    public static PreflightFinding Drift(string id, string what, string remedy) =>
        Warning(id, what, remedy) with
        {
            IsDrift = true,
        };
}
