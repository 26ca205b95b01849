namespace Holdfast.Testing;

/// <summary>
/// Where the programs of containerd's lines lie: Debian 12 has 1.6 installed, Debian 13 has 1.7, Debian's unstable 2.x; the
/// latter two run here too.
/// </summary>
public static class Containerds
{
    /// <summary>The machine's own.</summary>
    public const string V1_6 = "1.6";
    public const string V1_7 = "1.7";
    public const string V2 = "2";

    /// <returns>A directory with <c>containerd</c>, <c>ctr</c> and <c>containerd-shim-runc-v2</c>.</returns>
    public static async Task<string> FindAsync(string line) =>
        line switch
        {
            V1_6 => "/usr/bin",
            V1_7 => Path.Join(await DebianPackage.UnpackAsync("trixie", "containerd"), "usr/bin"),
            V2 => Path.Join(await DebianPackage.UnpackAsync("sid", "containerd"), "usr/bin"),
            _ => throw new ArgumentOutOfRangeException(nameof(line), line, "no such containerd"),
        };
}
