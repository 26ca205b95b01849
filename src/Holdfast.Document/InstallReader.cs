namespace Holdfast.Document;

/// <summary>
/// Reads an <c>install</c>: exactly one of the alternatives that its place allows. Notes every error in the
/// map that it is given.
/// </summary>
internal static class InstallReader
{
    /// <summary>Of tar archives that can be unpacked; the content tells how they are compressed.</summary>
    private static readonly string[] Endings = [".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar"];

    /// <summary>Reads the key; absent or wrong it is <paramref name="usual"/>.</summary>
    /// <param name="alternatives">Those of apt, present, archive and bundle that make sense here, the usual one first.</param>
    public static InstallSpec Read(
        DocumentMap map,
        string key,
        InstallSpec usual,
        params ReadOnlySpan<string> alternatives
    )
    {
        if (map.Choice(key, alternatives) is not { } choice)
        {
            return usual;
        }
        if (choice.Name == "archive")
        {
            return ReadArchive(choice.Map) is { } archive ? new InstallSpec.Archive(archive) : usual;
        }
        choice.Map.Finish();
        return choice.Name switch
        {
            "apt" => new InstallSpec.Apt(),
            "present" => new InstallSpec.Present(),
            _ => new InstallSpec.Bundle(),
        };
    }

    /// <summary>The archive, or null when it is not known which.</summary>
    private static ArchiveSpec? ReadArchive(DocumentMap map)
    {
        var url = ReadUrl(map, "url", CheckArchive);
        if (url is null && !map.Has("url", out _))
        {
            map.Report("url", "is missing; it is the http, https or file address of the archive");
        }
        var mirrors = (map.List("mirrors") ?? [])
            .Select(item => DocumentMap.TextOf(item.Node, item.Path, map.Errors, CheckArchive))
            .OfType<string>()
            .Select(text => new Uri(text))
            .ToArray();
        var sha256 = map.Text("sha256", CheckSha256)?.ToLowerInvariant();
        var sha256Url = ReadUrl(map, "sha256Url", CheckSha256Url);
        ReportChecksums(map);
        map.Finish();
        return url is null
            ? null
            : new ArchiveSpec
            {
                Url = url,
                Mirrors = mirrors,
                Sha256 = sha256,
                Sha256Url = sha256Url,
            };
    }

    private static void ReportChecksums(DocumentMap map)
    {
        var (hasHash, hasUrl) = (map.Has("sha256", out _), map.Has("sha256Url", out _));
        if (hasHash && hasUrl)
        {
            map.Report("sha256Url", "is there beside sha256; leave one of them out");
        }
        else if (!hasHash && !hasUrl)
        {
            map.Report(
                "sha256",
                "is missing; give the archive's SHA-256, or as sha256Url the address of the .sha256sum file that its makers publish"
            );
        }
    }

    private static Uri? ReadUrl(DocumentMap map, string key, Func<string, string?> check) =>
        map.Text(key, check) is { } text ? new Uri(text) : null;

    private static string? CheckSha256(string text) =>
        text.Length == 64 && text.All(char.IsAsciiHexDigit)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a SHA-256: 64 hexadecimal digits";

    /// <summary>A checksum that anybody on the way can change proves nothing of what root is going to run.</summary>
    private static string? CheckSha256Url(string text) =>
        CheckUrl(text)
        ?? (
            new Uri(text).Scheme == "http"
                ? $"\"{DocumentMap.Shown(text)}\" is not safe against changes on the way; use an https or file address, or give the checksum itself as sha256"
                : null
        );

    private static string? CheckArchive(string text) =>
        CheckUrl(text)
        ?? (
            !Endings.Any(ending => EndsWith(ArchiveSpec.NameOf(new Uri(text)), ending))
                ? $"\"{DocumentMap.Shown(text)}\" does not end with .tar.gz, .tar.xz, .tar.zst or .tar"
                : null
        );

    /// <summary>A user or password in an address would end in logs; use a mirror that needs none.</summary>
    private static string? CheckUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && text.Contains("://", StringComparison.Ordinal)
        && uri.Scheme is "http" or "https" or "file"
        && (uri.Scheme == "file" ? uri.Host.Length == 0 : uri.Host.Length > 0)
        && uri.UserInfo.Length == 0
        && uri.Fragment.Length == 0
        && ArchiveSpec.NameOf(uri) is { Length: > 0 } name
        && !name.Contains('/', StringComparison.Ordinal)
        && !text.Any(c => char.IsControl(c) || c is ' ' or '"' or '\\')
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an http, https or file address of a file, without user and fragment";

    private static bool EndsWith(string name, string ending) =>
        name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && name.Length > ending.Length;
}
