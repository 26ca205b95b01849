using System.Globalization;

namespace Holdfast.Kube;

/// <summary>How a label requirement compares.</summary>
public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// <summary>One requirement on a set of labels; the common core of selectors in objects and selectors in queries.</summary>
public sealed record LabelRequirement
{
    private readonly long _bound;

    /// <exception cref="KubeException"><see cref="KubeReason.Invalid"/></exception>
    public LabelRequirement(string key, LabelOperator @operator, IReadOnlyList<string> values)
    {
        (Key, Operator, Values) = (key, @operator, values);
        if (Names.CheckQualifiedName(key) is { } problem)
            throw Invalid($"key \"{key}\": {problem}");
        switch (@operator)
        {
            case LabelOperator.In or LabelOperator.NotIn when values.Count == 0:
                throw Invalid($"\"{key}\": for 'in', 'notin' operators, values set can't be empty");
            case LabelOperator.Exists or LabelOperator.DoesNotExist when values.Count > 0:
                throw Invalid($"\"{key}\": values set must be empty for exists and does not exist");
            case LabelOperator.GreaterThan
            or LabelOperator.LessThan when values.Count != 1 || !TryNumber(values[0], out _bound):
                throw Invalid($"\"{key}\": for 'Gt', 'Lt' operators, the value must be one integer");
        }
        foreach (var value in values)
            if (Names.CheckLabelValue(value) is { } valueProblem)
                throw Invalid($"value \"{value}\" of \"{key}\": {valueProblem}");
    }

    public string Key { get; }
    public LabelOperator Operator { get; }
    public IReadOnlyList<string> Values { get; }

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        var has = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            LabelOperator.In => has && Values.Contains(value!),
            LabelOperator.NotIn => !has || !Values.Contains(value!),
            LabelOperator.Exists => has,
            LabelOperator.DoesNotExist => !has,
            LabelOperator.GreaterThan => has && TryNumber(value!, out var number) && number > _bound,
            LabelOperator.LessThan => has && TryNumber(value!, out var number) && number < _bound,
            _ => false,
        };
    }

    public override string ToString() =>
        Operator switch
        {
            LabelOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
            LabelOperator.NotIn when Values.Count == 1 => $"{Key}!={Values[0]}",
            LabelOperator.In => $"{Key} in ({string.Join(',', Values)})",
            LabelOperator.NotIn => $"{Key} notin ({string.Join(',', Values)})",
            LabelOperator.DoesNotExist => "!" + Key,
            LabelOperator.GreaterThan => $"{Key}>{Values[0]}",
            LabelOperator.LessThan => $"{Key}<{Values[0]}",
            _ => Key,
        };

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static KubeException Invalid(string problem) =>
        new(KubeReason.Invalid, $"cannot use label selector: {problem}");
}
