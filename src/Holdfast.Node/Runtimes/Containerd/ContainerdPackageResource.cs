using System.Text.Json.Nodes;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// containerd from the distribution's packages, unless Docker's package of it is installed: the two exclude each other,
/// and a machine that runs Docker must go on doing so.
/// </summary>
internal sealed class ContainerdPackageResource : IResource, IPackages
{
    private const string Package = "containerd";
    private const string DockersPackage = "containerd.io";
    private readonly AptPackagesResource packages = new(Package);

    public IReadOnlyList<string> Packages => packages.Packages;

    public string Kind => packages.Kind;

    public string Id => packages.Id;

    public string Title => packages.Title;

    public string? Why => "it runs the containers";

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var dockers = await Dpkg.ListInstalledAsync(machine, [DockersPackage], cancellationToken);
        return dockers.Count > 0
            ? Inspection.AsWanted($"{DockersPackage} is installed, which is containerd too")
            : await packages.InspectAsync(machine, cancellationToken);
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        packages.RecordOriginalAsync(machine, cancellationToken);

    public Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        packages.DescribeIntentAsync(machine, cancellationToken);

    public Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        packages.DoAsync(machine, cancellationToken);

    public Task<JsonObject?> DescribeResultAsync(Machine machine, CancellationToken cancellationToken) =>
        packages.DescribeResultAsync(machine, cancellationToken);
}
