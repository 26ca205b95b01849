using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <summary>Chooses who runs the services of this machine. Stateless.</summary>
public static class ServiceManagers
{
    /// <param name="supervise">See <see cref="SupervisedServices"/>.</param>
    public static IServiceManager Detect(NodePaths paths, IReadOnlyList<string> supervise, TimeProvider time) =>
        IsSystemd() ? new SystemdServices(time) : new SupervisedServices(paths, supervise, time);

    /// <summary>Whether systemd is PID 1: systemctl is installed on many machines (containers) where it is not.</summary>
    /// <param name="root">Below which <c>/proc</c> and <c>/run</c> are looked at.</param>
    public static bool IsSystemd(string root = "/") =>
        Directory.Exists(Path.Join(root, "run/systemd/system"))
        && File.Exists(Path.Join(root, "proc/1/comm"))
        && File.ReadAllText(Path.Join(root, "proc/1/comm")).Trim() == "systemd";
}
