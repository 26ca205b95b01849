using System.Security.Cryptography;
using System.Text;
using Holdfast.Document;
using Holdfast.Node.Apply;

namespace Holdfast.Node.Software;

/// <summary>
/// Versions of one piece of software lie on each other in the journal: each has what it replaced, so that the newest can
/// be taken off and the one below it is there again. Here is what that means for plans. Pure.
/// </summary>
internal static class ArchiveStack
{
    private const int KeyLength = 12;

    /// <summary>Short name of an archive at a target: the same archive from another mirror is the same version.</summary>
    public static string KeyOf(ArchiveSpec archive, string target) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{archive.Sha256 ?? archive.Url.AbsoluteUri}\n{target}"))
        )[..KeyLength];

    public static string IdOf(string name, string key) => $"{ArchiveResource.KindName}:{name}:{key}";

    /// <summary>
    /// Whether a change is one that the document does not want any more. A version below the wanted one is what the
    /// wanted one would fall back to, so it stays; one above it goes, and with that the wanted one is back.
    /// </summary>
    /// <param name="changes">Those in force, in the order in which they were made.</param>
    /// <param name="wanted">The ids of the plan.</param>
    public static bool IsLeftover(
        ChangeSummary change,
        IReadOnlyList<ChangeSummary> changes,
        IReadOnlySet<string> wanted
    )
    {
        if (change.Kind != ArchiveResource.KindName)
        {
            return !wanted.Contains(change.Id);
        }

        var name = NamePart(change.Id);
        var current = wanted.FirstOrDefault(id => NamePart(id) == name);
        if (current is null)
        {
            return true;
        }

        var ids = changes.Select(c => c.Id).ToList();
        var at = ids.IndexOf(current);
        return at >= 0 && ids.IndexOf(change.Id) > at;
    }

    /// <summary><c>archive:containerd:</c> of <c>archive:containerd:0123456789ab</c>; the whole of any other id.</summary>
    private static string NamePart(string id) =>
        id.StartsWith(ArchiveResource.KindName + ":", StringComparison.Ordinal) ? id[..(id.LastIndexOf(':') + 1)] : id;
}
