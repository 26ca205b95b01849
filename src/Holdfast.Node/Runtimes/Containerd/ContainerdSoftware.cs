using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>How containerd and runc come onto the machine.</summary>
internal static class ContainerdSoftware
{
    private const string PackagedRunc = "/usr/sbin/runc";
    private const string Package = "containerd";
    private const string DockersPackage = "containerd.io";

    /// <summary>What either layout may have in <c>bin</c>.</summary>
    private static readonly string[] Programs =
    [
        "containerd",
        "containerd-shim",
        "containerd-shim-runc-v1",
        "containerd-shim-runc-v2",
        "ctr",
    ];

    /// <summary>Of people; where they have one of their own, that stays.</summary>
    private static readonly string[] Tools = ["crictl", "critest", "containerd-stress"];

    /// <summary>One containerd program serves all instances of it.</summary>
    public static IEnumerable<IStep> For(IReadOnlyList<RuntimeSpec> runtimes, MachineFacts facts)
    {
        if (runtimes.Any(r => r.Install is InstallSpec.Apt))
        {
            yield return new PackagesChange(Package) { Why = "it runs the containers", Condition = AcceptDockersAsync };
        }
        if (
            runtimes.Select(r => r.Install).OfType<InstallSpec.Archive>().FirstOrDefault() is not { Source: var source }
        )
        {
            yield break;
        }
        yield return new SoftwareChange(Describe(source)) { Why = "it runs the containers" };
        // Once our package is in, it stays wanted, so that its removal is seen as drift.
        var mayBePackaged = facts.HasApt && facts.RuncProgram is null or PackagedRunc;
        if (!IsForCri(source) && mayBePackaged)
        {
            yield return new PackagesChange("runc") { Why = "this archive of containerd brings no runc" };
        }
    }

    /// <summary>
    /// Upstream has two layouts. <c>containerd-*</c> begins with <c>bin</c>. <c>cri-containerd-*</c> begins with
    /// <c>usr/local</c>; what it has beside that (a unit, a pod network, CNI plugins, scripts for a cloud) is left out, since it
    /// would compete with what the node document says of these.
    /// </summary>
    private static SoftwareSpec Describe(ArchiveSpec source) =>
        new("containerd", source)
        {
            Part = IsForCri(source) ? "usr/local" : "",
            Links =
            [
                .. SoftwareLink.ForPrograms("/usr/local/bin", "bin", Programs),
                .. SoftwareLink.ForPrograms("/usr/local/bin", "bin", Tools, areOptional: true),
                .. SoftwareLink.ForPrograms("/usr/local/sbin", "sbin", ["runc"]),
            ],
        };

    /// <summary>The two packages exclude each other, and a machine that runs Docker must go on doing so.</summary>
    private static async Task<Inspection?> AcceptDockersAsync(Machine machine, CancellationToken cancellationToken) =>
        (await Dpkg.ListInstalledAsync(machine, [DockersPackage], cancellationToken)).Count > 0
            ? Inspection.AsWanted($"{DockersPackage} is installed, which is containerd too")
            : null;

    private static bool IsForCri(ArchiveSpec source) =>
        source.FileName.StartsWith("cri-containerd", StringComparison.Ordinal);
}
