using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Hub;

/// <summary>The kubectls of Debian 12, of Debian 13 and the newest one.</summary>
internal static class KubectlVersion
{
    public const string V1_20 = "1.20";
    public const string V1_32 = "1.32";
    public const string Newest = "newest";

    public static async Task<string> FindAsync(string version) =>
        version switch
        {
            V1_20 => Path.Join(await DebianPackage.UnpackAsync("bookworm", "kubernetes-client"), "usr/bin/kubectl"),
            V1_32 => await DebianPackage.KubectlAsync(),
            Newest => Path.Join(await DebianPackage.UnpackAsync("sid", "kubectl"), "usr/bin/kubectl"),
            _ => throw new ArgumentOutOfRangeException(nameof(version), version, "no such kubectl"),
        };
}
