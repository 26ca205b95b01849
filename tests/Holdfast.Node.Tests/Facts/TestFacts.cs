using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Tests.Facts;

/// <summary>A machine that no check has anything to say about, and documents for it.</summary>
internal static class TestFacts
{
    public static MachineFacts Usual { get; } =
        new()
        {
            HostName = "edge-1",
            OperatingSystem = "Debian GNU/Linux 12 (bookworm)",
            Distributions = ["debian"],
            Architecture = "amd64",
            KernelRelease = "6.1.0-13-amd64",
            Cgroups = CgroupMode.V2,
            IsSystemd = true,
            CniPluginDirectory = MachineFacts.PackagedCniDirectory,
            HasCniPlugins = true,
            HasIptables = true,
            CniPlugins = [.. CniPlugin.Needed.Select(name => new CniPlugin(name, ["0.3.1", "0.4.0", "1.0.0"]))],
            ProcessorCount = 2,
            MemoryBytes = 4L << 30,
            FreeDiskBytes = 10L << 30,
            FreeInodes = 1_000_000,
            FileSystem = "ext4",
            IsRoot = true,
            HasApt = true,
            ContainerdVersion = "1.6.20",
            Clock = new ClockFacts(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), true, "systemd-timesyncd"),
            Names = new NameFacts { KnowsOwnName = true, NameServers = ["192.0.2.53"] },
        };

    /// <summary>A document, from what stands below <c>spec:</c>.</summary>
    public static EdgeNodeSpec Document(string spec = "{}") =>
        NodeDocument
            .Parse(
                $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: {{ name: edge-1 }}\nspec: {spec}\n",
                "node.yaml",
                "edge-1"
            )
            .Spec
        ?? throw new InvalidOperationException($"the test's document is wrong: {spec}");

    public static IReadOnlyList<PreflightFinding> Check(this MachineFacts facts, string spec = "{}") =>
        Preflight.Check(facts, Document(spec));

    /// <summary>The only finding.</summary>
    public static PreflightFinding CheckOne(this MachineFacts facts, string spec = "{}") =>
        Assert.Single(facts.Check(spec));
}
