using System.Collections.ObjectModel;

namespace Holdfast.Kube;

/// <summary>metadata of every object. Immutable; strings are "" and collections empty when absent.</summary>
public sealed record ObjectMeta
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string GenerateName
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Namespace
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Uid
    {
        get;
        init => field = value ?? "";
    } = "";
    public string ResourceVersion
    {
        get;
        init => field = value ?? "";
    } = "";
    public long? Generation { get; init; }
    public DateTimeOffset? CreationTimestamp { get; init; }
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>Seconds.</summary>
    public long? DeletionGracePeriodSeconds { get; init; }

    public IReadOnlyDictionary<string, string> Labels
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;
    public IReadOnlyDictionary<string, string> Annotations
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;
    public IReadOnlyList<OwnerReference> OwnerReferences
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<string> Finalizers
    {
        get;
        init => field = value ?? [];
    } = [];

    private static IReadOnlyDictionary<string, string> Nothing => ReadOnlyDictionary<string, string>.Empty;
}

/// <summary>The object that this one belongs to and is collected with.</summary>
public sealed record OwnerReference
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Kind
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Uid
    {
        get;
        init => field = value ?? "";
    } = "";
    public bool? Controller { get; init; }
    public bool? BlockOwnerDeletion { get; init; }
}

/// <summary>metadata of a list.</summary>
public sealed record ListMeta
{
    public string ResourceVersion
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Continue
    {
        get;
        init => field = value ?? "";
    } = "";
    public long? RemainingItemCount { get; init; }
}
