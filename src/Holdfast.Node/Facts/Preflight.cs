using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts;

/// <summary>How bad a finding is.</summary>
public enum PreflightSeverity
{
    /// <summary>Good to know; nothing to do.</summary>
    Info,

    /// <summary>The node will work, but not as well as it should.</summary>
    Warning,

    /// <summary>The node cannot work before this is remedied.</summary>
    Error,
}

/// <summary>Something about the machine that a person should know before it is changed. Immutable.</summary>
public sealed record PreflightFinding(PreflightSeverity Severity, string What, string Remedy);

/// <summary>Says what would go wrong on this machine before anything is changed. Stateless.</summary>
public static class Preflight
{
    /// <summary>A runtime, its images and this program need about as much before the first pod of a user.</summary>
    private const long LowDiskBytes = 1L << 30;

    /// <summary>Packages are unpacked and the store is opened with less than this only by luck.</summary>
    private const long NoDiskBytes = 300L << 20;

    /// <summary>containerd, this program and a few small pods.</summary>
    private const long LowMemoryBytes = 256L << 20;

    public static IReadOnlyList<PreflightFinding> Check(MachineFacts facts, EdgeNodeSpec spec) =>
        [.. CheckMachine(facts), .. CheckNeighbours(facts), .. CheckRuntimes(facts, spec)];

    private static IEnumerable<PreflightFinding> CheckMachine(MachineFacts facts)
    {
        if (!facts.IsRoot)
        {
            yield return Error("this is not root", "run it with sudo");
        }

        if (facts.Architecture is not ("amd64" or "arm64"))
        {
            yield return Error(
                $"the built-in images do not exist for {facts.Architecture}",
                "use an amd64 or arm64 machine"
            );
        }

        if (facts.MissingControllers.Count > 0)
        {
            yield return Error(
                $"the kernel has no cgroup controller {string.Join(", ", facts.MissingControllers)}",
                "add cgroup_enable=memory cgroup_memory=1 to the kernel's command line and reboot"
            );
        }

        if (facts.FreeDiskBytes < LowDiskBytes)
        {
            var free = $"only {facts.FreeDiskBytes >> 20} MB are free below /var/lib";
            yield return facts.FreeDiskBytes < NoDiskBytes
                ? Error(free, "free at least 1 GB")
                : new PreflightFinding(PreflightSeverity.Warning, free, "free at least 1 GB");
        }

        if (facts.MemoryBytes is > 0 and < LowMemoryBytes)
        {
            yield return Warning(
                $"the machine has only {facts.MemoryBytes >> 20} MB of memory",
                "run few and small pods"
            );
        }

        if (!facts.HasSysResource)
        {
            yield return new PreflightFinding(
                PreflightSeverity.Info,
                "the capability CAP_SYS_RESOURCE is missing on this machine",
                "nothing to do: containerd is configured so that it does not need it"
            );
        }

        if (!facts.IsSystemd)
        {
            yield return new PreflightFinding(
                PreflightSeverity.Info,
                "PID 1 is not systemd: Holdfast supervises the services itself",
                "have whatever starts this machine run: holdfast up"
            );
        }
    }

    private static IEnumerable<PreflightFinding> CheckNeighbours(MachineFacts facts)
    {
        if (facts.HubPortOwner is { } owner && !owner.StartsWith("holdfast", StringComparison.Ordinal))
        {
            yield return Error($"port {MachineFacts.HubPort} is in use by {owner}", "stop that program");
        }

        foreach (var agent in facts.OtherAgents)
        {
            yield return agent == "dockerd"
                ? new PreflightFinding(
                    PreflightSeverity.Info,
                    "Docker runs here and shares containerd",
                    "nothing to do: its containers stay untouched; containerd is restarted once"
                )
                : Error(
                    $"{agent} runs here, and it stops every pod that it does not know",
                    $"stop and disable {agent} first"
                );
        }

        if (facts.OtherCniNetworks.Count > 0)
        {
            yield return Warning(
                $"another pod network comes first: /etc/cni/net.d/{facts.OtherCniNetworks[0]}",
                "move that file away if pods shall use the network of the node document"
            );
        }
    }

    private static IEnumerable<PreflightFinding> CheckRuntimes(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (!facts.HasCniPlugins && !facts.HasApt)
        {
            yield return Error(
                "there are no CNI plugins, and this machine has no apt-get to install them",
                "unpack the CNI plugins into /opt/cni/bin"
            );
        }

        foreach (var runtime in spec.Runtimes)
        {
            if (facts.ContainerdVersion is not null)
            {
                continue;
            }

            if (runtime.Install is InstallSpec.Present)
            {
                yield return Error(
                    $"runtime {runtime.Name} shall be present, but containerd is not installed",
                    "install it, or say install: { apt: {} } in the node document"
                );
            }
            else if (runtime.Install is InstallSpec.Apt && !facts.HasApt)
            {
                yield return Error(
                    $"runtime {runtime.Name} shall come from apt, but this machine has no apt-get",
                    "install containerd yourself and say install: { present: {} } in the node document"
                );
            }
        }
    }

    private static PreflightFinding Error(string what, string remedy) => new(PreflightSeverity.Error, what, remedy);

    private static PreflightFinding Warning(string what, string remedy) => new(PreflightSeverity.Warning, what, remedy);
}
