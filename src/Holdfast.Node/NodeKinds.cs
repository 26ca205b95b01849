namespace Holdfast.Node;

/// <summary>Every kind of change that this program makes.</summary>
public static class NodeKinds
{
    public static ChangeKinds All { get; } =
        new([
            .. ChangesKinds.All,
            Joining.JoinChange.JoinKind,
            .. Runtimes.RuntimesKinds.All,
            Software.SoftwareChange.SoftwareKind,
            Software.Packages.PackagesChange.PackagesKind,
            Runtimes.Images.ImageChange.ImageKind,
        ]);
}
