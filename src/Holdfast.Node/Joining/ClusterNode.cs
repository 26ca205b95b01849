using Holdfast.Document;
using Holdfast.Node.Runtimes;

namespace Holdfast.Node.Joining;

/// <summary>What of a node its cluster's programs are told: the same words for kubelet, edgecore and the joining tools. Immutable.</summary>
internal sealed record ClusterNode
{
    public required string Name { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Path of the default runtime's socket.</summary>
    public required string Socket { get; init; }

    public required string SandboxImage { get; init; }

    public required CgroupDriver CgroupDriver { get; init; }

    public required string CniConfigDirectory { get; init; }

    public required string CniPluginDirectory { get; init; }

    /// <summary>Always three slashes, whatever the document wrote.</summary>
    public string Endpoint => $"unix://{Socket}";

    public string CgroupDriverName => CgroupDriver == CgroupDriver.Systemd ? "systemd" : "cgroupfs";

    /// <summary>As <c>--node-labels</c> and <c>--labels</c> take them.</summary>
    public string LabelList => string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"));
}
