using Holdfast.Document;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Whether each runtime can come from where the document says. Pure.</summary>
internal static class RuntimeChecks
{
    /// <summary>What an archive or a bundle brings takes its place.</summary>
    public static IEnumerable<PreflightFinding> Program(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (
            facts.ContainerdProblem is { } problem
            && spec.Runtimes.Any(runtime =>
                runtime.Kind == RuntimeKind.Containerd && runtime.Install is InstallSpec.Apt or InstallSpec.Present
            )
        )
        {
            yield return PreflightFinding.Error(
                FindingId.RuntimeBroken,
                $"{facts.ContainerdProgram ?? "containerd"} does not tell its version: {problem}",
                $"install a containerd for {facts.Architecture} in its place, or remove it"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Source(MachineFacts facts, EdgeNodeSpec spec)
    {
        foreach (var runtime in spec.Runtimes)
        {
            var (program, isThere) =
                runtime.Kind == RuntimeKind.Crio
                    ? ("CRI-O", facts.HasCrio)
                    : ("containerd", facts.ContainerdVersion is not null || facts.ContainerdProblem is not null);
            if (isThere)
            {
                continue;
            }

            if (runtime.Install is InstallSpec.Present)
            {
                yield return PreflightFinding.Error(
                    FindingId.RuntimeMissing,
                    $"runtime {runtime.Name} shall be present, but {program} is not installed",
                    "install it, or say install: { apt: {} } in the node document"
                );
            }
            else if (runtime.Install is InstallSpec.Apt && !facts.HasApt)
            {
                yield return PreflightFinding.Error(
                    FindingId.NoApt,
                    $"runtime {runtime.Name} shall come from apt, but this machine has no apt-get",
                    $"install {program} yourself and say install: {{ present: {{}} }} in the node document"
                );
            }
        }
    }
}
