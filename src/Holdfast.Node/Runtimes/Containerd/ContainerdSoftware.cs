using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Resources;
using Holdfast.Node.Software;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>How containerd and runc come onto the machine. Stateless.</summary>
internal static class ContainerdSoftware
{
    private const string PackagedRunc = "/usr/sbin/runc";

    /// <summary>One containerd program serves all instances of it.</summary>
    public static IEnumerable<IStep> For(IReadOnlyList<RuntimeSpec> runtimes, MachineFacts facts)
    {
        if (runtimes.Any(r => r.Install is InstallSpec.Apt))
        {
            yield return new ContainerdPackageResource();
        }
        if (
            runtimes.Select(r => r.Install).OfType<InstallSpec.Archive>().FirstOrDefault() is not { Source: var source }
        )
        {
            yield break;
        }
        foreach (var step in ArchiveSteps.For(Unpack(source), facts))
        {
            yield return step;
        }
        // Once our package is in, it stays wanted, so that drift is seen when somebody removes it.
        var mayBePackaged = facts.HasApt && facts.RuncProgram is null or PackagedRunc;
        if (!IsForCri(source) && mayBePackaged)
        {
            yield return new AptPackagesResource("runc") { Why = "this archive of containerd brings no runc" };
        }
    }

    /// <summary>
    /// Upstream has two layouts. <c>containerd-*</c> begins with <c>bin</c> and belongs below /usr/local.
    /// <c>cri-containerd-*</c> begins with <c>usr/local</c>; what it has beside that (a unit, a pod network, CNI plugins,
    /// scripts for a cloud) is left out, since it would compete with what the node document says of these.
    /// </summary>
    private static ArchiveResource Unpack(ArchiveSpec source) =>
        IsForCri(source)
            ? new ArchiveResource("containerd", source, "/usr/local")
            {
                Place = path =>
                    path.StartsWith("usr/local/", StringComparison.Ordinal) ? path["usr/local/".Length..] : null,
            }
            : new ArchiveResource("containerd", source, "/usr/local")
            {
                Place = path => path.StartsWith("bin/", StringComparison.Ordinal) ? path : null,
            };

    private static bool IsForCri(ArchiveSpec source) =>
        source.FileName.StartsWith("cri-containerd", StringComparison.Ordinal);
}
