namespace Holdfast.Kube;

/// <summary>
/// A pod as the Agent reads it. Immutable and thread-safe. Unknown keys are dropped on reading, so whoever writes a pod
/// back changes a <see cref="KubeObject"/> and not this record.
/// </summary>
public sealed record Pod
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public string Kind
    {
        get;
        init => field = value ?? "Pod";
    } = "Pod";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public PodSpec Spec
    {
        get;
        init => field = value ?? new();
    } = new();
    public PodStatus Status
    {
        get;
        init => field = value ?? new();
    } = new();
}

/// <summary>A pod that objects are made from: metadata (labels, annotations) and spec.</summary>
public sealed record PodTemplateSpec
{
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public PodSpec Spec
    {
        get;
        init => field = value ?? new();
    } = new();
}
