using Holdfast.Document;
using Holdfast.Node.Facts;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Who asks, on what kind of machine, under which init.</summary>
internal static class PlatformChecks
{
    /// <summary>A plan that rests on a guess could change what it should not.</summary>
    public static IEnumerable<PreflightFinding> Unread(MachineSurvey survey, EdgeNodeSpec spec) =>
        [
            .. survey.Facts.Unread.Select(fact => CannotRead(PreflightSeverity.Error, fact)),
            .. survey.Unread.Select(fact => CannotRead(PreflightSeverity.Warning, fact)),
        ];

    private static PreflightFinding CannotRead(PreflightSeverity severity, UnreadFact fact) =>
        new(
            severity,
            $"cannot read {fact.Subject}: {fact.Cause}",
            "see what stands in that place; a file that is damaged can be moved away"
        );

    public static PreflightFinding? Root(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.IsRoot ? null : Error("this is not root", "run it with sudo");

    public static PreflightFinding? Architecture(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.Architecture is "amd64" or "arm64"
            ? null
            : Error(
                $"the built-in images do not exist for {survey.Facts.Architecture}",
                "use an amd64 or arm64 machine"
            );

    public static PreflightFinding? Init(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.IsSystemd
            ? null
            : Info(
                "PID 1 is not systemd: Holdfast supervises the services itself",
                "have whatever starts this machine run: holdfast up"
            );

    /// <summary>Only where the document wants packages does the distribution matter.</summary>
    public static PreflightFinding? Distribution(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.HasApt
        && spec.Runtimes.Any(runtime => runtime.Install is InstallSpec.Apt)
        && survey.System.Kin.Count > 0
        && !survey.System.Kin.Any(d => d is "debian" or "ubuntu")
            ? Info(
                $"{survey.System.Name} is neither Debian nor Ubuntu: its packages may have other names",
                "if a package is not found, say install: { archive: ... } or { present: {} } in the node document"
            )
            : null;

    public static PreflightFinding? InContainer(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Container is null
            ? null
            : Info(
                $"this machine is a container ({survey.Container}): kernel, modules and clock are its host's",
                "nothing to do, unless a module or parameter is missing: then set it on the host"
            );
}
