namespace Holdfast.Node;

/// <summary>Every kind of change that this program makes.</summary>
public static class NodeKinds
{
    public static ChangeKinds All { get; } =
        new([
            .. ChangesKinds.All,
            Joining.JoinChange.JoinKind,
            Software.SoftwareChange.SoftwareKind,
            Software.Packages.PackagesChange.PackagesKind,
            Runtimes.RuntimeDataChange.DataKind,
            Runtimes.Cni.CniNetworkChange.NetworkKind,
            Runtimes.Containerd.ContainerdFilesChange.FilesKind,
            Runtimes.Images.ImageChange.ImageKind,
        ]);
}
