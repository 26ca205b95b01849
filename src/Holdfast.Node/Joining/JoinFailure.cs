namespace Holdfast.Node.Joining;

/// <summary>Why a joining tool failed, as far as its output tells.</summary>
internal enum JoinFailure
{
    /// <summary>Nothing that is known; the tool's own last line has to do.</summary>
    Unknown,

    /// <summary>The cluster has no such token: it has expired, or is another cluster's.</summary>
    TokenUnknown,

    /// <summary>The cluster has a token with this id and another secret.</summary>
    TokenSecretWrong,

    /// <summary>The certificate authority is not the one of the document.</summary>
    CaHashWrong,

    /// <summary>The cluster has a node of this name.</summary>
    NodeNameTaken,

    /// <summary>The agent was started and does not answer.</summary>
    AgentNotUp,

    /// <summary>This machine joined before and was not reset.</summary>
    JoinedBefore,

    SudoMissing,

    NameNotResolved,

    /// <summary>Nothing listens at the cluster's address.</summary>
    Refused,

    NoRoute,

    /// <summary>The other side did not answer in time.</summary>
    NoAnswer,

    /// <summary>A certificate is not valid at the time of this machine's clock.</summary>
    ClockWrong,

    FlagUnknown,
}
