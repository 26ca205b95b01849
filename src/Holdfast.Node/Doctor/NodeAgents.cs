namespace Holdfast.Node.Doctor;

/// <summary>Other programs that manage a node or its containerd, and how they are found.</summary>
internal static class NodeAgents
{
    /// <summary>
    /// A service of systemd and the processes that show that it runs, by their short names (15 bytes). Docker and what has
    /// no service of its own is looked for among the processes only.
    ///</summary>
    private static readonly (string? Service, string[] Processes)[] Known =
    [
        ("kubelet", ["kubelet"]),
        ("edgecore", ["edgecore"]),
        ("yurthub", ["yurthub"]),
        ("k3s", ["k3s-server", "k3s"]),
        ("k3s-agent", ["k3s-agent", "k3s"]),
        ("rke2-server", ["rke2"]),
        ("rke2-agent", ["rke2"]),
        ("k0scontroller", ["k0s"]),
        ("k0sworker", ["k0s"]),
        ("snap.microk8s.daemon-kubelite", ["kubelite", "microk8s"]),
        ("libvirtd", ["libvirtd"]),
        ("virtqemud", ["virtqemud"]),
        (null, ["dockerd"]),
    ];

    public static IEnumerable<string> Services => Known.Select(agent => agent.Service).OfType<string>();

    /// <summary>Those of the running processes that are such programs.</summary>
    public static string[] AmongProcesses(IReadOnlySet<string> processes) =>
        [
            .. Known
                .SelectMany(agent => agent.Processes)
                .Where(processes.Contains)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Services that start at boot and whose program does not run now.</summary>
    public static IReadOnlyList<string> ListAtBoot(Machine machine, IReadOnlySet<string> processes)
    {
        const string units = "/etc/systemd/system";
        return
        [
            .. from agent in Known
            where agent.Service is not null && !agent.Processes.Any(processes.Contains)
            where LinkOf($"{units}/multi-user.target.wants/{agent.Service}.service") is not null
            where LinkOf($"{units}/{agent.Service}.service") != "/dev/null"
            select agent.Service,
        ];

        string? LinkOf(string path) => new FileInfo(machine.At(path)).LinkTarget;
    }
}
