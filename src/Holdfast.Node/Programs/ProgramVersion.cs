using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Node.Programs;

/// <summary>Major and minor number of a program; what decides how it is configured.</summary>
internal readonly partial record struct ProgramVersion(int Major, int Minor)
{
    /// <summary>The whole as the program said it, without v, for example <c>1.30.2</c>.</summary>
    public string Text { get; private init; } = "";

    public bool IsAtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);

    public override string ToString() => Text.Length > 0 ? Text : $"{Major}.{Minor}";

    /// <summary>The first thing in a text that looks like a version; null when nothing does.</summary>
    public static ProgramVersion? Find(string? text)
    {
        var match = Pattern().Match(text ?? "");
        return match.Success
            ? new ProgramVersion(
                int.Parse(match.Groups["major"].Value, CultureInfo.InvariantCulture),
                int.Parse(match.Groups["minor"].Value, CultureInfo.InvariantCulture)
            )
            {
                Text = match.Value.TrimStart('v'),
            }
            : null;
    }

    [GeneratedRegex(
        @"v?(?<major>\d{1,4})\.(?<minor>\d{1,4})\.\d{1,4}(-[0-9A-Za-z.]+)?",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Pattern();
}
