namespace Holdfast.Document;

/// <summary>Reads an <c>install</c>: exactly one of the alternatives that its place allows.</summary>
internal static class InstallReader
{
    /// <summary>Of tar archives that can be unpacked; the content tells how they are compressed.</summary>
    private static readonly string[] Endings = [".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar"];

    private static readonly NameRule FileUrl = new(
        "an http, https or file address of a file, without user and fragment",
        text =>
            Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && text.Contains("://", StringComparison.Ordinal)
            && uri.Scheme is "http" or "https" or "file"
            && (uri.Scheme == "file" ? uri.Host.Length == 0 : uri.Host.Length > 0)
            // A user or password in an address would end in logs; use a mirror that needs none.
            && uri.UserInfo.Length == 0
            && uri.Fragment.Length == 0
            && ArchiveSpec.NameOf(uri) is { Length: > 0 } name
            && !name.Contains('/', StringComparison.Ordinal)
            && !text.Any(c => char.IsControl(c) || c is ' ' or '"' or '\\')
    );

    /// <summary>Absent or wrong it is the first of the alternatives, without more.</summary>
    /// <param name="alternatives">Those of apt, present, archive and bundle that make sense here, the usual one first.</param>
    public static InstallSpec Read(DocumentMap map, string key, params string[] alternatives)
    {
        var choice = map.Choice(key, alternatives);
        var archive = choice is { Name: "archive" } ? ReadArchive(choice.Value.Map) : null;
        return archive is not null
            ? new InstallSpec.Archive(archive)
            : (choice?.Name ?? alternatives[0]) switch
            {
                "apt" => new InstallSpec.Apt(),
                "bundle" => new InstallSpec.Bundle(),
                _ => new InstallSpec.Present(),
            };
    }

    /// <summary>The archive, or null when it is not known which.</summary>
    private static ArchiveSpec? ReadArchive(DocumentMap map)
    {
        var url = map.RequiredText("url", CheckArchive, "it is the http, https or file address of the archive");
        var (hasHash, hasHashUrl) = (map.Has("sha256"), map.Has("sha256Url"));
        if (hasHash && hasHashUrl)
        {
            map.Report("sha256Url", "is there beside sha256; leave one of them out");
        }
        else if (!hasHash && !hasHashUrl)
        {
            map.Require(
                "sha256",
                "give the archive's SHA-256, or as sha256Url the address of the .sha256sum file that its makers publish"
            );
        }
        var mirrors = (map.Texts("mirrors", CheckArchive) ?? []).Select(text => new Uri(text)).ToArray();
        var sha256 = map.Text("sha256", NameRules.Sha256)?.ToLowerInvariant();
        var sha256Url = map.Text("sha256Url", CheckSha256Url) is { } text ? new Uri(text) : null;
        return url is null
            ? null
            : new ArchiveSpec
            {
                Url = new Uri(url),
                Mirrors = mirrors,
                Sha256 = sha256,
                Sha256Url = sha256Url,
            };
    }

    /// <summary>A checksum that anybody on the way can change proves nothing of what root is going to run.</summary>
    private static string? CheckSha256Url(string text) =>
        FileUrl.Check(text)
        ?? (
            new Uri(text).Scheme == "http"
                ? $"\"{DocumentMap.Shown(text)}\" is not safe against changes on the way; use an https or file address, or give the checksum itself as sha256"
                : null
        );

    private static string? CheckArchive(string text) =>
        FileUrl.Check(text)
        ?? (
            !Endings.Any(ending => EndsWith(ArchiveSpec.NameOf(new Uri(text)), ending))
                ? $"\"{DocumentMap.Shown(text)}\" does not end with .tar.gz, .tar.xz, .tar.zst or .tar"
                : null
        );

    private static bool EndsWith(string name, string ending) =>
        name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && name.Length > ending.Length;
}
