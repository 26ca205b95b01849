using Holdfast.Document;
using Holdfast.Node.Facts;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>What contradicts the host's part of the document and does not belong to Holdfast.</summary>
internal static class HostChecks
{
    /// <summary>Only swap that the document leaves on is worth a word: what it wants off is a step of the plan.</summary>
    public static PreflightFinding? Swap(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.Host.Swap == SwapMode.Unchanged && survey.ActiveSwap.Count > 0
            ? new PreflightFinding(
                spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
                $"swap is on ({string.Join(", ", survey.ActiveSwap)}) and is to stay on: memory limits of pods do not hold, and a kubelet refuses to start",
                "say spec.host.swap: disabled, unless this is meant"
            )
            : null;

    /// <summary>A file that is applied after ours: right now the value is ours, after the next boot it is not.</summary>
    public static IEnumerable<PreflightFinding> LaterSysctl(MachineSurvey survey, EdgeNodeSpec spec) =>
        from parameter in spec.Host.Sysctl.OrderBy(pair => pair.Key, StringComparer.Ordinal)
        let other = survey.Facts.SysctlFiles.FindOverride(parameter.Key, parameter.Value)
        where other is not null
        select Drift(
            $"{other.File}:{other.Line} sets {parameter.Key} to {other.Value} after {SysctlFiles.OwnFile} has set it to {parameter.Value}: after a reboot the former holds",
            $"remove that line or make it say {parameter.Key} = {parameter.Value}, or correct spec.host.sysctl"
        );
}
