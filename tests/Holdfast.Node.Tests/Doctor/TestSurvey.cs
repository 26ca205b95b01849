using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

/// <summary>A machine that no check has anything to say about.</summary>
internal static class TestSurvey
{
    public static MachineSurvey Usual { get; } =
        new()
        {
            Facts = TestFacts.Usual,
            HostName = "edge-1",
            System = new OsRelease("Debian GNU/Linux 12 (bookworm)", "debian 12", ["debian"]),
            KernelRelease = "6.1.0-13-amd64",
            MemoryBytes = 4L << 30,
            FreeDiskBytes = 10L << 30,
            FreeInodes = 1_000_000,
            FileSystem = "ext4",
            IsRoot = true,
            Clock = new ClockFacts(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), true, "systemd-timesyncd"),
            Names = new NameFacts { KnowsOwnName = true, NameServers = ["192.0.2.53"] },
        };

    public static IReadOnlyList<PreflightFinding> Check(this MachineSurvey survey, string spec = "{}") =>
        Preflight.Check(survey, TestFacts.Document(spec));

    public static IReadOnlyList<PreflightFinding> Check(this MachineFacts facts, string spec = "{}") =>
        (Usual with { Facts = facts }).Check(spec);

    /// <summary>The only finding.</summary>
    public static PreflightFinding CheckOne(this MachineSurvey survey, string spec = "{}") =>
        Assert.Single(survey.Check(spec));

    public static PreflightFinding CheckOne(this MachineFacts facts, string spec = "{}") =>
        Assert.Single(facts.Check(spec));
}
