using Holdfast.Document;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Who asks, on what kind of machine, under which init.</summary>
internal static class PlatformChecks
{
    public static IEnumerable<PreflightFinding> Root(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (!survey.IsRoot)
        {
            yield return PreflightFinding.Error(FindingId.NotRoot, "this is not root", "run it with sudo");
        }
    }

    /// <summary>A plan that rests on a guess could change what it should not.</summary>
    public static IEnumerable<PreflightFinding> Unread(MachineSurvey survey, EdgeNodeSpec spec) =>
        [
            .. survey.Facts.Unread.Select(fact => CannotRead(PreflightSeverity.Error, fact)),
            .. survey.Unread.Select(fact => CannotRead(PreflightSeverity.Warning, fact)),
        ];

    private static PreflightFinding CannotRead(PreflightSeverity severity, UnreadFact fact) =>
        new(
            FindingId.FactUnread,
            severity,
            $"cannot read {fact.Subject}: {fact.Cause}",
            "see what stands in that place; a file that is damaged can be moved away"
        );

    public static IEnumerable<PreflightFinding> Architecture(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Facts.Architecture is not ("amd64" or "arm64"))
        {
            yield return PreflightFinding.Error(
                FindingId.Architecture,
                $"the built-in images do not exist for {survey.Facts.Architecture}",
                "use an amd64 or arm64 machine"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Init(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (!survey.Facts.IsSystemd)
        {
            yield return PreflightFinding.Info(
                FindingId.NotSystemd,
                "PID 1 is not systemd: Holdfast supervises the services itself",
                "have whatever starts this machine run: holdfast up"
            );
        }
    }

    /// <summary>Only where the document wants packages does the distribution matter.</summary>
    public static IEnumerable<PreflightFinding> Distribution(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var wantsPackages = spec.Runtimes.Any(runtime => runtime.Install is InstallSpec.Apt);
        if (
            survey.Facts.HasApt
            && wantsPackages
            && survey.System.Kin.Count > 0
            && !survey.System.Kin.Any(d => d is "debian" or "ubuntu")
        )
        {
            yield return PreflightFinding.Info(
                FindingId.Distribution,
                $"{survey.System.Name} is neither Debian nor Ubuntu: its packages may be called otherwise",
                "if a package is not found, say install: { archive: ... } or { present: {} } in the node document"
            );
        }
    }

    public static IEnumerable<PreflightFinding> InContainer(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Container is { } container)
        {
            yield return PreflightFinding.Info(
                FindingId.Container,
                $"this machine is a container ({container}): kernel, modules and clock are its host's",
                "nothing to do, unless a module or parameter is missing: then set it on the host"
            );
        }
    }
}
