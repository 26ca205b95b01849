using Holdfast.Document;
using Holdfast.Node.Software.Bundles;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Whether each runtime can come from where the document says.</summary>
internal static class RuntimeChecks
{
    public static IEnumerable<PreflightFinding> Missing(MachineSurvey survey, EdgeNodeSpec spec) =>
        ListAbsent(survey, spec)
            .Where(runtime => runtime.Install is InstallSpec.Present)
            .Select(runtime =>
                Error(
                    $"runtime {runtime.Name} is to be present, but {ProgramOf(runtime)} is not installed",
                    "install it, or say install: { apt: {} } in the node document"
                )
            );

    public static IEnumerable<PreflightFinding> NoApt(MachineSurvey survey, EdgeNodeSpec spec) =>
        ListAbsent(survey, spec)
            .Where(runtime => runtime.Install is InstallSpec.Apt && !survey.Facts.HasApt)
            .Select(runtime =>
                Error(
                    $"runtime {runtime.Name} is to come from apt, but this machine has no apt-get",
                    $"install {ProgramOf(runtime)} yourself and say install: {{ present: {{}} }} in the node document"
                )
            );

    /// <summary>What an archive or a bundle brings takes its place.</summary>
    public static PreflightFinding? Broken(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.ContainerdProblem is { } problem
        && spec.Runtimes.Any(runtime =>
            runtime.Kind == RuntimeKind.Containerd && runtime.Install is InstallSpec.Apt or InstallSpec.Present
        )
            ? Error(
                $"{survey.Facts.ContainerdProgram ?? "containerd"} does not tell its version: {problem}",
                $"install a containerd for {survey.Facts.Architecture} in its place, or remove it"
            )
            : null;

    public static IEnumerable<PreflightFinding> NoBundle(MachineSurvey survey, EdgeNodeSpec spec) =>
        BundleInstalls
            .List(spec)
            .Where(place => place.Install is InstallSpec.Bundle)
            .Select(place =>
                Error(
                    $"{place.Place} is to come from a bundle, and no bundle with it was named",
                    "run: holdfast up --bundle FILE, with a file that holdfast bundle made from a document that has it"
                )
            );

    private static IEnumerable<RuntimeSpec> ListAbsent(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.Runtimes.Where(runtime =>
            runtime.Kind == RuntimeKind.Crio
                ? !survey.HasCrio
                : survey.Facts is { ContainerdVersion: null, ContainerdProblem: null }
        );

    private static string ProgramOf(RuntimeSpec runtime) => runtime.Kind == RuntimeKind.Crio ? "CRI-O" : "containerd";
}
