namespace Holdfast.Linux;

/// <summary>
/// What a process inherits from whoever started it and must not depend on: cron and <c>su</c> give a search path without the
/// directories of administrators, and a hardened root has a umask of 027.
/// </summary>
public static class InheritedSettings
{
    private const string PathVariable = "PATH";
    private const uint Umask = 0x12; // 022 in octal: others read what is not explicitly kept from them

    /// <summary>Where the distributions keep what Holdfast runs (swapoff, modprobe, iptables, what dpkg calls).</summary>
    private static readonly string[] ProgramDirectories =
    [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];

    /// <summary>Sets both for this process and its children. To be called before any thread makes a file or starts a program.</summary>
    public static void Replace()
    {
        _ = Libc.Umask(Umask);
        Environment.SetEnvironmentVariable(
            PathVariable,
            CompleteSearchPath(Environment.GetEnvironmentVariable(PathVariable))
        );
    }

    /// <summary>
    /// The given search path with the missing directories behind its own. Entries that are not absolute are left out: they mean the
    /// directory in which somebody happens to stand.
    /// </summary>
    /// <param name="path">Directories separated by colons; null when there is no such variable.</param>
    internal static string CompleteSearchPath(string? path)
    {
        var own = (path ?? "").Split(':').Where(entry => entry.StartsWith('/'));
        return string.Join(':', own.Concat(ProgramDirectories).Distinct(StringComparer.Ordinal));
    }
}
