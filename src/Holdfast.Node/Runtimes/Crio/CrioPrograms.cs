using Holdfast.Node.Programs;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>
/// Where the programs are that CRI-O starts. It looks for them on the PATH of its service, and packages keep theirs
/// elsewhere: a table of a handler that names no place then hides the package's, which does.
/// </summary>
internal static class CrioPrograms
{
    /// <summary>
    /// The packages of CRI-O's makers in the order of their age (github.com/cri-o/packaging), those of openSUSE's build
    /// service before them, and podman's, which brings conmon too.
    /// </summary>
    private static readonly string[] Elsewhere =
    [
        "/usr/libexec/crio/",
        "/usr/local/libexec/crio/",
        "/usr/bin/crio-",
        "/usr/lib/cri-o-runc/sbin/",
        "/usr/libexec/podman/",
    ];

    /// <summary>The program's path, wherever it is; null when it is not there.</summary>
    public static string? Find(Machine machine, string program) =>
        ProgramPath.Find(machine, program) ?? FindElsewhere(machine, program);

    /// <summary>The program's path where CRI-O must be told; null where it finds it by itself, or it is not on the machine.</summary>
    public static string? FindHidden(Machine machine, string program) =>
        ProgramPath.Find(machine, program) is null ? FindElsewhere(machine, program) : null;

    private static string? FindElsewhere(Machine machine, string program) =>
        Elsewhere.Select(place => place + program).FirstOrDefault(machine.Exists);
}
