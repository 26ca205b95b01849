namespace Holdfast.Terminal;

/// <summary>How the program ends; documented in docs/exit-codes.md. Beyond 2 the numbers are those of BSD's sysexits.h.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>What was asked for could not be done; the message says why.</summary>
    public const int Failed = 1;

    /// <summary>check, plan: the machine is not as the document says.</summary>
    public const int Drift = 2;

    /// <summary>EX_USAGE: flags or arguments are wrong.</summary>
    public const int Usage = 64;

    /// <summary>EX_DATAERR: the node document is wrong.</summary>
    public const int BadDocument = 65;

    /// <summary>EX_UNAVAILABLE: something that must be there first is missing, for example the daemon.</summary>
    public const int Unavailable = 69;

    /// <summary>EX_SOFTWARE: a defect of the program itself.</summary>
    public const int InternalError = 70;

    /// <summary>EX_NOPERM: root is needed.</summary>
    public const int NoPermission = 77;

    /// <summary>128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
