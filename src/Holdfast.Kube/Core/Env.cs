using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>One environment variable: a value (with $(NAME) expansion) or a source.</summary>
public sealed record EnvVar
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string? Value { get; init; }
    public EnvVarSource? ValueFrom { get; init; }
}

/// <summary>Exactly one of these is set.</summary>
public sealed record EnvVarSource
{
    public ObjectFieldSelector? FieldRef { get; init; }
    public ResourceFieldSelector? ResourceFieldRef { get; init; }
    public KeySelector? ConfigMapKeyRef { get; init; }
    public KeySelector? SecretKeyRef { get; init; }
}

/// <summary>A field of the pod, such as metadata.name or status.podIP.</summary>
public sealed record ObjectFieldSelector
{
    public string? ApiVersion { get; init; }
    public string FieldPath
    {
        get;
        init => field = value ?? "";
    } = "";
}

/// <summary>A resource of a container, such as limits.cpu, divided by the divisor.</summary>
public sealed record ResourceFieldSelector
{
    public string? ContainerName { get; init; }
    public string Resource
    {
        get;
        init => field = value ?? "";
    } = "";
    public Quantity? Divisor { get; init; }
}

/// <summary>A key of a ConfigMap or a Secret.</summary>
public sealed record KeySelector
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Key
    {
        get;
        init => field = value ?? "";
    } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Optional { get; init; }
}

/// <summary>Every key of a ConfigMap or a Secret as environment variables.</summary>
public sealed record EnvFromSource
{
    public string? Prefix { get; init; }
    public ObjectSource? ConfigMapRef { get; init; }
    public ObjectSource? SecretRef { get; init; }
}

/// <summary>A ConfigMap or Secret by name, which may be allowed to be missing.</summary>
public sealed record ObjectSource
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Optional { get; init; }
}
