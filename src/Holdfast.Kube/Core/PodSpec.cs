using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>What a pod shall be.</summary>
public sealed record PodSpec
{
    public IReadOnlyList<Volume> Volumes
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<Container> InitContainers
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<Container> Containers
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Always (the default when absent), OnFailure or Never.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>Seconds between the polite and the hard stop; 30 when absent.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Seconds after the start when the pod fails by its own limit.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>ClusterFirst, ClusterFirstWithHostNet, Default or None.</summary>
    public string? DnsPolicy { get; init; }

    public PodDnsConfig? DnsConfig { get; init; }
    public IReadOnlyDictionary<string, string> NodeSelector
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;
    public string? ServiceAccountName { get; init; }
    public bool? AutomountServiceAccountToken { get; init; }

    /// <summary>The node that runs the pod; null or "" until it is bound.</summary>
    public string? NodeName { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostNetwork { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostPID { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostIPC { get; init; }

    public bool? HostUsers { get; init; }
    public bool? ShareProcessNamespace { get; init; }
    public PodSecurityContext? SecurityContext { get; init; }
    public IReadOnlyList<LocalObjectReference> ImagePullSecrets
    {
        get;
        init => field = value ?? [];
    } = [];
    public string? Hostname { get; init; }
    public string? Subdomain { get; init; }
    public bool? SetHostnameAsFQDN { get; init; }
    public string? SchedulerName { get; init; }
    public IReadOnlyList<Toleration> Tolerations
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<HostAlias> HostAliases
    {
        get;
        init => field = value ?? [];
    } = [];
    public string? PriorityClassName { get; init; }
    public int? Priority { get; init; }
    public string? RuntimeClassName { get; init; }
    public bool? EnableServiceLinks { get; init; }
    public IReadOnlyDictionary<string, Quantity> Overhead
    {
        get;
        init => field = value ?? NoQuantities;
    } = NoQuantities;

    private static IReadOnlyDictionary<string, string> Nothing => ReadOnlyDictionary<string, string>.Empty;
    private static IReadOnlyDictionary<string, Quantity> NoQuantities => ReadOnlyDictionary<string, Quantity>.Empty;
}

/// <summary>Resolver settings of a pod, added to what its dnsPolicy gives.</summary>
public sealed record PodDnsConfig
{
    public IReadOnlyList<string> Nameservers
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<string> Searches
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<PodDnsConfigOption> Options
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>One resolver option, with or without a value.</summary>
public sealed record PodDnsConfigOption
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string? Value { get; init; }
}

/// <summary>A line of the pod's /etc/hosts.</summary>
public sealed record HostAlias
{
    public string Ip
    {
        get;
        init => field = value ?? "";
    } = "";
    public IReadOnlyList<string> Hostnames
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>A taint that the pod bears.</summary>
public sealed record Toleration
{
    public string? Key { get; init; }

    /// <summary>Exists or Equal (the default).</summary>
    public string? Operator { get; init; }

    public string? Value { get; init; }

    /// <summary>NoSchedule, PreferNoSchedule, NoExecute; absent: all.</summary>
    public string? Effect { get; init; }

    public long? TolerationSeconds { get; init; }
}

/// <summary>The name of an object in the same namespace.</summary>
public sealed record LocalObjectReference
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
}
