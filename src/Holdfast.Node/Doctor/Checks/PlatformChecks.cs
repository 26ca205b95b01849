using Holdfast.Document;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Who asks, on what kind of machine, under which init. Pure.</summary>
internal static class PlatformChecks
{
    public static IEnumerable<PreflightFinding> Root(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (!facts.IsRoot)
        {
            yield return PreflightFinding.Error(FindingId.NotRoot, "this is not root", "run it with sudo");
        }
    }

    public static IEnumerable<PreflightFinding> Architecture(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.Architecture is not ("amd64" or "arm64"))
        {
            yield return PreflightFinding.Error(
                FindingId.Architecture,
                $"the built-in images do not exist for {facts.Architecture}",
                "use an amd64 or arm64 machine"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Init(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (!facts.IsSystemd)
        {
            yield return PreflightFinding.Info(
                FindingId.NotSystemd,
                "PID 1 is not systemd: Holdfast supervises the services itself",
                "have whatever starts this machine run: holdfast up"
            );
        }
    }

    /// <summary>Only where the document wants packages does the distribution matter.</summary>
    public static IEnumerable<PreflightFinding> Distribution(MachineFacts facts, EdgeNodeSpec spec)
    {
        var wantsPackages = spec.Runtimes.Any(runtime => runtime.Install is InstallSpec.Apt);
        if (
            facts.HasApt
            && wantsPackages
            && facts.Distributions.Count > 0
            && !facts.Distributions.Any(d => d is "debian" or "ubuntu")
        )
        {
            yield return PreflightFinding.Info(
                FindingId.Distribution,
                $"{facts.OperatingSystem} is neither Debian nor Ubuntu: its packages may be called otherwise",
                "if a package is not found, say install: { archive: ... } or { present: {} } in the node document"
            );
        }
    }

    public static IEnumerable<PreflightFinding> InContainer(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.Container is { } container)
        {
            yield return PreflightFinding.Info(
                FindingId.Container,
                $"this machine is a container ({container}): kernel, modules and clock are its host's",
                "nothing to do, unless a module or parameter is missing: then set it on the host"
            );
        }
    }
}
