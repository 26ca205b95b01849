using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Containerd;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>What contradicts the host's part of the document and does not belong to Holdfast.</summary>
internal static class HostChecks
{
    /// <summary>Only what the document wants to leave on is worth a word: what it wants off is a step of the plan.</summary>
    public static IEnumerable<PreflightFinding> Swap(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (spec.Host.Swap == SwapMode.Unchanged && survey.ActiveSwap.Count > 0)
        {
            yield return new PreflightFinding(
                FindingId.SwapStays,
                spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
                $"swap is on ({string.Join(", ", survey.ActiveSwap)}) and is to stay on: memory limits of pods do not hold, and a kubelet refuses to start",
                "say spec.host.swap: disabled, unless this is meant"
            );
        }
    }

    /// <summary>A file that is applied after ours: right now the value is ours, after the next boot it is not.</summary>
    public static IEnumerable<PreflightFinding> LaterSysctl(MachineSurvey survey, EdgeNodeSpec spec)
    {
        foreach (var (name, value) in spec.Host.Sysctl.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var other = survey.Facts.SysctlFiles.FindOverride(name, value);
            if (other is not null)
            {
                yield return PreflightFinding.Drift(
                    FindingId.SysctlOverridden,
                    $"{other.File}:{other.Line} sets {name} to {other.Value} after {SysctlFiles.OwnFile} has set it to {value}: after a reboot the former holds",
                    $"remove that line or make it say {name} = {value}, or correct spec.host.sysctl"
                );
            }
        }
    }
}
