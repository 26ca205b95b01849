using Microsoft.Extensions.Logging;

namespace Holdfast.Hub;

/// <summary>Every line the Hub logs; event ids 4000 to 4099 are its own.</summary>
internal static partial class HubLog
{
    [LoggerMessage(4000, LogLevel.Error, "cannot serve {Method} {Path}")]
    public static partial void RequestFailed(ILogger logger, Exception cause, string method, string path);

    [LoggerMessage(4001, LogLevel.Information, "the Kubernetes API listens on {Address} and {Socket}")]
    public static partial void Listening(ILogger logger, string address, string socket);

    [LoggerMessage(4002, LogLevel.Information, "made a new certificate for {Subject}, good until {NotAfter}")]
    public static partial void CertificateMade(ILogger logger, string subject, DateTimeOffset notAfter);

    [LoggerMessage(4003, LogLevel.Warning, "controller {Controller} failed to reconcile {Key}; retrying in {Delay}")]
    public static partial void ReconcileFailed(
        ILogger logger,
        Exception cause,
        string controller,
        string key,
        TimeSpan delay
    );

    [LoggerMessage(4004, LogLevel.Debug, "controller {Controller} lists {Resource} again: {Reason}")]
    public static partial void Relisting(ILogger logger, string controller, string resource, string reason);

    [LoggerMessage(4005, LogLevel.Warning, "cannot renew the certificates; the next try is in a minute")]
    public static partial void RenewalFailed(ILogger logger, Exception cause);

    [LoggerMessage(4006, LogLevel.Error, "controller {Controller} stopped; restarting in {Delay}")]
    public static partial void ControllerFailed(ILogger logger, Exception cause, string controller, TimeSpan delay);

    [LoggerMessage(
        4007,
        LogLevel.Warning,
        "controller {Controller} failed to reconcile {Key}; retrying in {Delay}: {Reason}"
    )]
    public static partial void ReconcileRefused(
        ILogger logger,
        string controller,
        string key,
        TimeSpan delay,
        string reason
    );
}
