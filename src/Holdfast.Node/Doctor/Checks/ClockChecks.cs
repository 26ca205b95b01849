using Holdfast.Document;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The clock: certificates and tokens are worth nothing under a wrong one.</summary>
internal static class ClockChecks
{
    public static IEnumerable<PreflightFinding> Check(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Clock is not { } clock)
        {
            yield break;
        }

        if (clock.Now < ClockFacts.Earliest)
        {
            yield return PreflightFinding.Error(
                FindingId.ClockNeverSet,
                $"the clock says {clock.Now:yyyy-MM-dd}: certificates made now would not be valid when it is set right",
                "set it (date -s), and let a program keep it: apt-get install systemd-timesyncd"
            );
        }
        else if (clock.IsSynchronised == false && clock.Keeper is null)
        {
            yield return NotKept(survey.Container is not null, spec);
        }
        else if (clock is { IsSynchronised: false, Keeper: { } keeper })
        {
            yield return PreflightFinding.Info(
                FindingId.ClockNotYetSynchronised,
                $"the clock is not synchronised yet, though {keeper} runs",
                $"nothing to do after a boot; later see whether {keeper} reaches its servers"
            );
        }
    }

    /// <summary>A container has its host's clock; a node for itself notices a wrong one late, one in a cluster at once.</summary>
    private static PreflightFinding NotKept(bool isContainer, EdgeNodeSpec spec) =>
        new(
            FindingId.ClockNotKept,
            isContainer || spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
            "the clock is not synchronised and no program keeps it: it will drift until certificates and tokens are refused",
            isContainer ? "synchronise the clock of the host" : "run: apt-get install systemd-timesyncd (or chrony)"
        );
}
