using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>A machine that runs pods.</summary>
public sealed record Node
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public string Kind
    {
        get;
        init => field = value ?? "Node";
    } = "Node";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public NodeSpec Spec
    {
        get;
        init => field = value ?? new();
    } = new();
    public NodeStatus Status
    {
        get;
        init => field = value ?? new();
    } = new();
}

/// <summary>What a node shall be.</summary>
public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }
    public IReadOnlyList<string> PodCIDRs
    {
        get;
        init => field = value ?? [];
    } = [];
    public string? ProviderID { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unschedulable { get; init; }

    public IReadOnlyList<Taint> Taints
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>A mark that keeps pods away which do not tolerate it.</summary>
public sealed record Taint
{
    public string Key
    {
        get;
        init => field = value ?? "";
    } = "";
    public string? Value { get; init; }
    public string Effect
    {
        get;
        init => field = value ?? "";
    } = "";
    public DateTimeOffset? TimeAdded { get; init; }
}

/// <summary>What a node is, as its Agent observed it.</summary>
public sealed record NodeStatus
{
    public IReadOnlyDictionary<string, Quantity> Capacity
    {
        get;
        init => field = value ?? NoQuantities;
    } = NoQuantities;
    public IReadOnlyDictionary<string, Quantity> Allocatable
    {
        get;
        init => field = value ?? NoQuantities;
    } = NoQuantities;
    public IReadOnlyList<NodeCondition> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<NodeAddress> Addresses
    {
        get;
        init => field = value ?? [];
    } = [];
    public NodeSystemInfo? NodeInfo { get; init; }
    public IReadOnlyList<NodeImage> Images
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<NodeRuntimeHandler> RuntimeHandlers
    {
        get;
        init => field = value ?? [];
    } = [];

    private static IReadOnlyDictionary<string, Quantity> NoQuantities => ReadOnlyDictionary<string, Quantity>.Empty;
}

/// <summary>One condition of a node.</summary>
public sealed record NodeCondition
{
    /// <summary>Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.</summary>
    public string Type
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>True, False or Unknown.</summary>
    public string Status
    {
        get;
        init => field = value ?? "";
    } = "";

    public DateTimeOffset? LastHeartbeatTime { get; init; }
    public DateTimeOffset? LastTransitionTime { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
}

/// <summary>An address of a node.</summary>
public sealed record NodeAddress
{
    /// <summary>InternalIP, ExternalIP, Hostname...</summary>
    public string Type
    {
        get;
        init => field = value ?? "";
    } = "";

    public string Address
    {
        get;
        init => field = value ?? "";
    } = "";
}

/// <summary>What the machine is. All of these keys are always written, as Kubernetes does.</summary>
public sealed record NodeSystemInfo
{
    public string MachineID
    {
        get;
        init => field = value ?? "";
    } = "";

    public string SystemUUID
    {
        get;
        init => field = value ?? "";
    } = "";

    public string BootID
    {
        get;
        init => field = value ?? "";
    } = "";

    public string KernelVersion
    {
        get;
        init => field = value ?? "";
    } = "";

    public string OSImage
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>NAME://VERSION.</summary>
    public string ContainerRuntimeVersion
    {
        get;
        init => field = value ?? "";
    } = "";

    public string KubeletVersion
    {
        get;
        init => field = value ?? "";
    } = "";

    public string KubeProxyVersion
    {
        get;
        init => field = value ?? "";
    } = "";

    public string OperatingSystem
    {
        get;
        init => field = value ?? "";
    } = "";

    public string Architecture
    {
        get;
        init => field = value ?? "";
    } = "";
}

/// <summary>An image that the node holds.</summary>
public sealed record NodeImage
{
    public IReadOnlyList<string> Names
    {
        get;
        init => field = value ?? [];
    } = [];
    public long? SizeBytes { get; init; }
}

/// <summary>A runtime handler that the node offers; "" is the default one.</summary>
public sealed record NodeRuntimeHandler
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
}
