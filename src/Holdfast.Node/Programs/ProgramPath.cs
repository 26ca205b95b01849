namespace Holdfast.Node.Programs;

/// <summary>Where a service of systemd finds a program that it names without a directory.</summary>
internal static class ProgramPath
{
    /// <summary>systemd's own PATH (systemd.exec(5)), and where releases that keep /bin apart have programs.</summary>
    private static readonly string[] Directories =
    [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];

    /// <returns>Null when there is none.</returns>
    public static string? Find(Machine machine, string program) => List(machine, program).FirstOrDefault();

    /// <returns>The one that would be started first, then those that it hides.</returns>
    public static IEnumerable<string> List(Machine machine, string program) =>
        Directories.Select(directory => $"{directory}/{program}").Where(machine.Exists);
}
