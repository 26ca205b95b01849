namespace Holdfast.Hub.Validation;

/// <summary>The rule of port numbers in Kubernetes' words.</summary>
internal static class PortRules
{
    /// <summary>Null for a good number.</summary>
    public static string? Check(long port) =>
        port is >= 1 and <= 65535 ? null : "must be between 1 and 65535, inclusive";
}
