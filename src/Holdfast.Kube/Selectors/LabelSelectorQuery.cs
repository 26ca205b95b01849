namespace Holdfast.Kube;

/// <summary>
/// A label selector as queries write it: "a=b,c in (d,e),!f,g!=h,n>1". Immutable and thread-safe. An empty one selects all.
/// Source of the grammar: k8s.io/apimachinery/pkg/labels/selector.go.
/// </summary>
public sealed class LabelSelectorQuery
{
    public static readonly LabelSelectorQuery Everything = new([]);

    private LabelSelectorQuery(IReadOnlyList<LabelRequirement> requirements) => Requirements = requirements;

    public IReadOnlyList<LabelRequirement> Requirements { get; }

    /// <exception cref="KubeException"><see cref="KubeReason.Invalid"/></exception>
    public static LabelSelectorQuery Parse(string? text) =>
        string.IsNullOrWhiteSpace(text) ? Everything : new(new Parser(text).Requirements());

    /// <summary>The query with the same meaning as a selector that stands in an object.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Invalid"/></exception>
    public static LabelSelectorQuery From(LabelSelector selector) =>
        new([
            .. selector.MatchLabels.Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value])),
            .. selector.MatchExpressions.Select(LabelSelector.ToRequirement),
        ]);

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in Requirements)
            if (!requirement.Matches(labels))
                return false;
        return true;
    }

    public override string ToString() => string.Join(',', Requirements);

    /// <summary>Recursive descent over the text; one use per instance.</summary>
    private sealed class Parser(string text)
    {
        private int _at;

        public List<LabelRequirement> Requirements()
        {
            var requirements = new List<LabelRequirement> { Requirement() };
            while (Take(','))
                requirements.Add(Requirement());
            return _at == text.Length ? requirements : throw Unexpected("',' or end of text");
        }

        private LabelRequirement Requirement()
        {
            if (Take('!'))
                return new LabelRequirement(Word("a key"), LabelOperator.DoesNotExist, []);

            var key = Word("a key");
            SkipSpace();
            if (_at == text.Length || text[_at] == ',')
                return new LabelRequirement(key, LabelOperator.Exists, []);
            if (Take('='))
            {
                Take('=');
                return new LabelRequirement(key, LabelOperator.In, [Value()]);
            }
            if (Take('!'))
                return Take('=') ? new LabelRequirement(key, LabelOperator.NotIn, [Value()]) : throw Unexpected("'!='");
            if (Take('>'))
                return new LabelRequirement(key, LabelOperator.GreaterThan, [Value()]);
            if (Take('<'))
                return new LabelRequirement(key, LabelOperator.LessThan, [Value()]);
            return Word("an operator") switch
            {
                "in" => new LabelRequirement(key, LabelOperator.In, Set()),
                "notin" => new LabelRequirement(key, LabelOperator.NotIn, Set()),
                _ => throw Unexpected("one of: in, notin, =, ==, !=, >, <"),
            };
        }

        private List<string> Set()
        {
            if (!Take('('))
                throw Unexpected("'('");
            var values = new List<string> { Value() };
            while (Take(','))
                values.Add(Value());
            return Take(')') ? values : throw Unexpected("',' or ')'");
        }

        // A value may be empty: "a=" asks for the empty label.
        private string Value()
        {
            SkipSpace();
            var start = _at;
            while (_at < text.Length && !IsSpecial(text[_at]))
                _at++;
            var value = text[start.._at];
            SkipSpace();
            return value;
        }

        private string Word(string expected)
        {
            var word = Value();
            return word.Length > 0 ? word : throw Unexpected(expected);
        }

        private bool Take(char wanted)
        {
            SkipSpace();
            if (_at == text.Length || text[_at] != wanted)
                return false;
            _at++;
            return true;
        }

        private void SkipSpace()
        {
            while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n')
                _at++;
        }

        private static bool IsSpecial(char c) =>
            c is ' ' or '\t' or '\r' or '\n' or '=' or '!' or '(' or ')' or ',' or '>' or '<';

        private KubeException Unexpected(string expected) =>
            new(
                KubeReason.Invalid,
                $"cannot read label selector \"{text}\": found '{(_at < text.Length ? text[_at..] : "end of text")}', expected: {expected}"
            );
    }
}
