namespace Holdfast.Changes.Services;

/// <summary>Limits of services that more than one side has to know.</summary>
public static class ServiceLimits
{
    /// <summary>
    /// How long a service may take to stop. systemd's own default, which distributions change (Fedora: 45 s); written into
    /// every unit, since the daemon stops pods for most of it when the machine goes down.
    /// </summary>
    public static TimeSpan Stop { get; } = TimeSpan.FromSeconds(90);
}
