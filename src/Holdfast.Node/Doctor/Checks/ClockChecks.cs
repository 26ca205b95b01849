using Holdfast.Document;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The clock: certificates and tokens are worth nothing under a wrong one.</summary>
internal static class ClockChecks
{
    /// <summary>Before this program was written: such a clock was never set.</summary>
    private static readonly DateTimeOffset Earliest = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static PreflightFinding? NeverSet(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Clock is { } clock && clock.Now < Earliest
            ? Error(
                $"the clock says {clock.Now:yyyy-MM-dd}: certificates made now would not be valid when it is set right",
                "set it (date -s), and let a program keep it: apt-get install systemd-timesyncd"
            )
            : null;

    /// <summary>A container has its host's clock. A node of its own notices a wrong one late, one in a cluster at once.</summary>
    public static PreflightFinding? NotKept(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var isContainer = survey.Container is not null;
        return survey.Clock is { IsSynchronised: false, Keeper: null } clock && clock.Now >= Earliest
            ? new PreflightFinding(
                isContainer || spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
                "the clock is not synchronised and no program keeps it: it will drift until certificates and tokens are refused",
                isContainer ? "synchronise the clock of the host" : "run: apt-get install systemd-timesyncd (or chrony)"
            )
            : null;
    }

    public static PreflightFinding? NotYetSynchronised(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Clock is { IsSynchronised: false, Keeper: { } keeper } clock && clock.Now >= Earliest
            ? Info(
                $"the clock is not synchronised yet, though {keeper} runs",
                $"nothing to do after a boot; later see whether {keeper} reaches its servers"
            )
            : null;
}
