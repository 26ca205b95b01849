using Holdfast.Document;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Whether each runtime can come from where the document says.</summary>
internal static class RuntimeChecks
{
    /// <summary>What an archive or a bundle brings takes its place.</summary>
    public static IEnumerable<PreflightFinding> Program(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (
            survey.Facts.ContainerdProblem is { } problem
            && spec.Runtimes.Any(runtime =>
                runtime.Kind == RuntimeKind.Containerd && runtime.Install is InstallSpec.Apt or InstallSpec.Present
            )
        )
        {
            yield return PreflightFinding.Error(
                FindingId.RuntimeBroken,
                $"{survey.Facts.ContainerdProgram ?? "containerd"} does not tell its version: {problem}",
                $"install a containerd for {survey.Facts.Architecture} in its place, or remove it"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Source(MachineSurvey survey, EdgeNodeSpec spec)
    {
        foreach (var runtime in spec.Runtimes)
        {
            var (program, isThere) =
                runtime.Kind == RuntimeKind.Crio
                    ? ("CRI-O", survey.HasCrio)
                    : (
                        "containerd",
                        survey.Facts.ContainerdVersion is not null || survey.Facts.ContainerdProblem is not null
                    );
            if (isThere)
            {
                continue;
            }

            if (runtime.Install is InstallSpec.Present)
            {
                yield return PreflightFinding.Error(
                    FindingId.RuntimeMissing,
                    $"runtime {runtime.Name} is to be present, but {program} is not installed",
                    "install it, or say install: { apt: {} } in the node document"
                );
            }
            else if (runtime.Install is InstallSpec.Apt && !survey.Facts.HasApt)
            {
                yield return PreflightFinding.Error(
                    FindingId.NoApt,
                    $"runtime {runtime.Name} is to come from apt, but this machine has no apt-get",
                    $"install {program} yourself and say install: {{ present: {{}} }} in the node document"
                );
            }
        }
    }
}
