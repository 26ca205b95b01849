using System.Collections.ObjectModel;

namespace Holdfast.Kube;

/// <summary>A namespace.</summary>
public sealed record Namespace
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public string Kind
    {
        get;
        init => field = value ?? "Namespace";
    } = "Namespace";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public NamespaceSpec Spec
    {
        get;
        init => field = value ?? new();
    } = new();
    public NamespaceStatus Status
    {
        get;
        init => field = value ?? new();
    } = new();
}

/// <summary>What must happen before a namespace is gone.</summary>
public sealed record NamespaceSpec
{
    public IReadOnlyList<string> Finalizers
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>Active or Terminating.</summary>
public sealed record NamespaceStatus
{
    public string? Phase { get; init; }
}

/// <summary>Configuration by key; BinaryData holds base64 as JSON has it.</summary>
public sealed record ConfigMap
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public string Kind
    {
        get;
        init => field = value ?? "ConfigMap";
    } = "ConfigMap";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public IReadOnlyDictionary<string, string> Data
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;
    public IReadOnlyDictionary<string, byte[]> BinaryData
    {
        get;
        init => field = value ?? NoBytes;
    } = NoBytes;
    public bool? Immutable { get; init; }

    private static IReadOnlyDictionary<string, string> Nothing => ReadOnlyDictionary<string, string>.Empty;
    private static IReadOnlyDictionary<string, byte[]> NoBytes => ReadOnlyDictionary<string, byte[]>.Empty;
}

/// <summary>Secrets by key. ToString never shows a value, so that no log line can.</summary>
public sealed record Secret
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public string Kind
    {
        get;
        init => field = value ?? "Secret";
    } = "Secret";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public IReadOnlyDictionary<string, byte[]> Data
    {
        get;
        init => field = value ?? NoBytes;
    } = NoBytes;
    public IReadOnlyDictionary<string, string> StringData
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;
    public string? Type { get; init; }
    public bool? Immutable { get; init; }

    private static IReadOnlyDictionary<string, string> Nothing => ReadOnlyDictionary<string, string>.Empty;
    private static IReadOnlyDictionary<string, byte[]> NoBytes => ReadOnlyDictionary<string, byte[]>.Empty;

    public override string ToString() => $"Secret {Metadata.Namespace}/{Metadata.Name}";
}

/// <summary>Points at an object, or with FieldPath at a part of it.</summary>
public sealed record ObjectReference
{
    public string? Kind { get; init; }
    public string? Namespace { get; init; }
    public string? Name { get; init; }
    public string? Uid { get; init; }
    public string? ApiVersion { get; init; }
    public string? ResourceVersion { get; init; }
    public string? FieldPath { get; init; }
}
