using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

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
}
