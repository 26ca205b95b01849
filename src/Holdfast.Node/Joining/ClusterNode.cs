using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Cni;

namespace Holdfast.Node.Joining;

/// <summary>What kubelet, edgecore and the joining tools are told of a node.</summary>
internal sealed record ClusterNode
{
    public required string Name { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Path of the default runtime's socket.</summary>
    public required string Socket { get; init; }

    public required string SandboxImage { get; init; }

    public required CgroupDriver CgroupDriver { get; init; }

    public required string CniPluginDirectory { get; init; }

    public static ClusterNode Of(EdgeNodeSpec spec, MachineFacts facts) =>
        new()
        {
            Name = spec.Name,
            Labels = spec.NodeLabels,
            Socket = spec.Runtimes[0].Socket,
            SandboxImage = spec.Runtimes[0].SandboxImage,
            CgroupDriver = NodeCgroupDriver.Resolve(spec, facts),
            CniPluginDirectory = CniComponent.DirectoryOf(spec.Network, facts),
        };

    /// <summary>Always three slashes, whatever the document wrote.</summary>
    public string Endpoint => $"unix://{Socket}";

    public string CgroupDriverName => CgroupDriver == CgroupDriver.Systemd ? "systemd" : "cgroupfs";

    /// <summary>As <c>--node-labels</c> and <c>--labels</c> take them.</summary>
    public string LabelList => string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"));
}
