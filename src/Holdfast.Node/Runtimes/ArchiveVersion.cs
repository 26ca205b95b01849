using System.Text.RegularExpressions;
using Holdfast.Document;

namespace Holdfast.Node.Runtimes;

/// <summary>What an archive holds, before it is unpacked: only its name tells.</summary>
internal static partial class ArchiveVersion
{
    /// <summary>
    /// As its makers write it (<c>cni-plugins-linux-amd64-v1.4.0.tgz</c>, <c>containerd-2.1.9-linux-amd64.tar.gz</c>); null
    /// when the name has none, or the software is no archive.
    /// </summary>
    public static Version? Of(InstallSpec install) =>
        install is InstallSpec.Archive { Source: var archive }
        && Pattern().Match(archive.FileName) is { Success: true } match
        && Version.TryParse(match.Value, out var version)
            ? version
            : null;

    [GeneratedRegex(@"\d+\.\d+\.\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
