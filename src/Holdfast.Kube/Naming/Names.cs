using System.Text.RegularExpressions;

namespace Holdfast.Kube;

/// <summary>
/// Kubernetes' rules for names, with Kubernetes' own messages (k8s.io/apimachinery/pkg/util/validation). Each check returns
/// null when the value is fine. Pure and thread-safe.
/// </summary>
public static partial class Names
{
    public const int LongestLabel = 63; // RFC 1123
    public const int LongestSubdomain = 253; // RFC 1123
    private const int LongestQualifiedName = 63;
    private const int LongestLabelValue = 63;
    private const int LongestPortName = 15; // RFC 6335

    // k8s.io/apiserver/pkg/storage/names: generated names stay valid labels, and the letters form no words.
    private const int SuffixLength = 5;
    private const int LongestGeneratePrefix = LongestLabel - SuffixLength;
    private const string SuffixLetters = "bcdfghjklmnpqrstvwxz2456789";

    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string SubdomainPattern = LabelPattern + @"(\." + LabelPattern + ")*";
    private const string QualifiedNamePattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string LabelValuePattern = "(" + QualifiedNamePattern + ")?";
    private const string ConfigKeyPattern = "[-._a-zA-Z0-9]+";
    private const string EnvNamePattern = "[-._a-zA-Z][-._a-zA-Z0-9]*";

    /// <summary>Namespaces, containers, volumes, hostnames.</summary>
    public static string? CheckLabel(string value) =>
        value.Length > LongestLabel ? TooLong(LongestLabel)
        : LabelRegex().IsMatch(value) ? null
        : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
            + $"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LabelPattern}')";

    /// <summary>Most objects: pods, nodes, config maps...</summary>
    public static string? CheckSubdomain(string value) =>
        value.Length > LongestSubdomain ? TooLong(LongestSubdomain)
        : SubdomainRegex().IsMatch(value) ? null
        : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
            + $"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SubdomainPattern}')";

    /// <summary>Keys of labels and annotations: "name" or "prefix/name".</summary>
    public static string? CheckQualifiedName(string value)
    {
        var slash = value.IndexOf('/');
        var name = slash < 0 ? value : value[(slash + 1)..];
        if (slash == 0)
            return "prefix part must be non-empty";
        if (slash > 0 && CheckSubdomain(value[..slash]) is { } prefixProblem)
            return "prefix part " + prefixProblem;
        if (name.Contains('/'))
            return "a qualified name "
                + QualifiedNameRule
                + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        if (name.Length == 0)
            return "name part must be non-empty";
        if (name.Length > LongestQualifiedName)
            return "name part " + TooLong(LongestQualifiedName);
        return QualifiedNameRegex().IsMatch(name) ? null : "name part " + QualifiedNameRule;
    }

    public static string? CheckLabelValue(string value) =>
        value.Length > LongestLabelValue ? TooLong(LongestLabelValue)
        : LabelValueRegex().IsMatch(value) ? null
        : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
            + $"with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{LabelValuePattern}')";

    /// <summary>Keys of config maps and secrets; they become file names.</summary>
    public static string? CheckConfigKey(string value) =>
        value.Length > LongestSubdomain ? TooLong(LongestSubdomain)
        : !ConfigKeyRegex().IsMatch(value)
            ? "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
                + $"'key-name', regex used for validation is '{ConfigKeyPattern}')"
        : value == "." ? "must not be '.'"
        : value == ".." ? "must not be '..'"
        : value.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'"
        : null;

    public static string? CheckEnvName(string value) =>
        !EnvNameRegex().IsMatch(value)
            ? "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start "
                + "with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is "
                + $"'{EnvNamePattern}')"
        : value == "." ? "must not be '.'"
        : value == ".." ? "must not be '..'"
        : value.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'"
        : null;

    /// <summary>Names of container ports.</summary>
    public static string? CheckPortName(string value) =>
        value.Length > LongestPortName ? TooLong(LongestPortName)
        : !PortNameRegex().IsMatch(value) ? "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        : !value.AsSpan().ContainsAnyInRange('a', 'z') ? "must contain at least one letter (a-z)"
        : value.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
        : value[0] == '-' || value[^1] == '-' ? "must not begin or end with a hyphen"
        : null;

    public static bool IsLabel(string value) => CheckLabel(value) is null;

    public static bool IsSubdomain(string value) => CheckSubdomain(value) is null;

    /// <summary>What generateName becomes: the prefix (cut to 58) and five random letters.</summary>
    public static string Generate(string prefix, Random random) =>
        (prefix.Length > LongestGeneratePrefix ? prefix[..LongestGeneratePrefix] : prefix) + Suffix(random);

    /// <summary>Five letters out of Kubernetes' alphabet for generated names.</summary>
    public static string Suffix(Random random) => random.GetString(SuffixLetters, SuffixLength);

    private const string QualifiedNameRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
        + $"'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{QualifiedNamePattern}')";

    private static string TooLong(int limit) => $"must be no more than {limit} characters";

    // \z and not $: a trailing newline is not part of any name.
    [GeneratedRegex("^" + LabelPattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LabelRegex();

    [GeneratedRegex("^" + SubdomainPattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex SubdomainRegex();

    [GeneratedRegex("^" + QualifiedNamePattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex QualifiedNameRegex();

    [GeneratedRegex("^" + LabelValuePattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LabelValueRegex();

    [GeneratedRegex("^" + ConfigKeyPattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ConfigKeyRegex();

    [GeneratedRegex("^" + EnvNamePattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex EnvNameRegex();

    [GeneratedRegex(@"^[-a-z0-9]+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PortNameRegex();
}
