namespace Holdfast.Node.Runtimes;

/// <summary>Names of sandbox images.</summary>
internal static class SandboxImages
{
    /// <summary>A name in which <c>{arch}</c> stands for the architecture as Kubernetes names it.</summary>
    public static string For(string image, string architecture) =>
        image.Replace("{arch}", architecture, StringComparison.Ordinal);
}
