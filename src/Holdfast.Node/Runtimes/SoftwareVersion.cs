using System.Text.RegularExpressions;
using Holdfast.Document;

namespace Holdfast.Node.Runtimes;

/// <summary>Versions of three numbers, as programs and the names of archives have them.</summary>
internal static partial class SoftwareVersion
{
    /// <summary>
    /// What an archive holds, before it is unpacked: only its name tells (<c>cni-plugins-linux-amd64-v1.4.0.tgz</c>,
    /// <c>containerd-2.1.9-linux-amd64.tar.gz</c>). Null when the name has none, or the software is no archive.
    /// </summary>
    public static Version? Of(InstallSpec install) =>
        install is InstallSpec.Archive { Source: var archive } ? Find(archive.FileName) : null;

    /// <summary>The first one in a text (<c>1.6.20~ds1</c>, <c>v1.7.2</c>); null when there is none.</summary>
    public static Version? Find(string? text) =>
        Version.TryParse(Pattern().Match(text ?? "").Value, out var version) ? version : null;

    [GeneratedRegex(@"\d+\.\d+\.\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
