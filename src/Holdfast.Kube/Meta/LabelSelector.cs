using System.Collections.ObjectModel;

namespace Holdfast.Kube;

/// <summary>A selector as it stands in objects: all labels equal and all expressions true. An empty one selects everything.</summary>
public sealed partial record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, string>.Empty;
    } = ReadOnlyDictionary<string, string>.Empty;

    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>One expression of a <see cref="LabelSelector"/>.</summary>
public sealed record LabelSelectorRequirement
{
    public string Key
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string Operator
    {
        get;
        init => field = value ?? "";
    } = "";

    public IReadOnlyList<string> Values
    {
        get;
        init => field = value ?? [];
    } = [];
}
