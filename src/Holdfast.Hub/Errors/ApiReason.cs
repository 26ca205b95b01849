namespace Holdfast.Hub.Errors;

/// <summary>The metav1.StatusReason values the Hub answers with; clients branch on them, so the names are the wire names.</summary>
internal enum ApiReason
{
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    AlreadyExists,
    Conflict,
    Gone,
    Expired,
    Invalid,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    Timeout,
    InternalError,

    /// <summary>The store cannot take writes now, for example because the disk is full.</summary>
    ServiceUnavailable,
}
