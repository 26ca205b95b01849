using System.Collections.ObjectModel;

namespace Holdfast.Kube;

/// <summary>Names the handler that runs a pod (node.k8s.io/v1). Handler is a top-level key: there is no spec.</summary>
public sealed record RuntimeClass
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "node.k8s.io/v1";
    } = "node.k8s.io/v1";
    public string Kind
    {
        get;
        init => field = value ?? "RuntimeClass";
    } = "RuntimeClass";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public string Handler
    {
        get;
        init => field = value ?? "";
    } = "";
    public RuntimeClassOverhead? Overhead { get; init; }
    public RuntimeClassScheduling? Scheduling { get; init; }
}

/// <summary>What a pod costs beyond its containers.</summary>
public sealed record RuntimeClassOverhead
{
    public IReadOnlyDictionary<string, Quantity> PodFixed
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty;
    } = ReadOnlyDictionary<string, Quantity>.Empty;
}

/// <summary>Which nodes have the handler.</summary>
public sealed record RuntimeClassScheduling
{
    public IReadOnlyDictionary<string, string> NodeSelector
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, string>.Empty;
    } = ReadOnlyDictionary<string, string>.Empty;

    public IReadOnlyList<Toleration> Tolerations
    {
        get;
        init => field = value ?? [];
    } = [];
}
