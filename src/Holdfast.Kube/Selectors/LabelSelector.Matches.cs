namespace Holdfast.Kube;

public sealed partial record LabelSelector
{
    /// <exception cref="KubeException"><see cref="KubeReason.Invalid"/> when an expression is not valid.</exception>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in MatchLabels)
            if (!labels.TryGetValue(key, out var actual) || actual != value)
                return false;
        foreach (var expression in MatchExpressions)
            if (!ToRequirement(expression).Matches(labels))
                return false;
        return true;
    }

    internal static LabelRequirement ToRequirement(LabelSelectorRequirement expression) =>
        new(
            expression.Key,
            expression.Operator switch
            {
                "In" => LabelOperator.In,
                "NotIn" => LabelOperator.NotIn,
                "Exists" => LabelOperator.Exists,
                "DoesNotExist" => LabelOperator.DoesNotExist,
                _ => throw new KubeException(
                    KubeReason.Invalid,
                    $"cannot use label selector: \"{expression.Operator}\" is not a valid label selector operator"
                ),
            },
            expression.Values
        );
}
