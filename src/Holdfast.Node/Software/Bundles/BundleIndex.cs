using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>One file of a bundle.</summary>
/// <param name="Item">Its name in the bundle, for example <c>packages/containerd_1.6.20~ds1-1_amd64.deb</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Source">Where it came from: an address, or the package and its version.</param>
public sealed record BundleItem(string Item, string Sha256, long Size, string Source);

/// <summary>An archive in a bundle, by the address that the document of the connected machine had.</summary>
public sealed record BundledArchive(Uri Url, string Sha256);

/// <summary>What a bundle has: the first file in it, and what the node remembers of the bundle that it was made from.</summary>
/// <param name="Architecture">As Kubernetes names it; its packages and programs run on no other.</param>
/// <param name="Installs">
/// What <c>bundle: {}</c> means, by the place in the document (<see cref="BundleInstalls"/>); null where packages are installed.
/// </param>
public sealed record BundleIndex(
    string Architecture,
    IReadOnlyDictionary<string, BundledArchive?> Installs,
    IReadOnlyList<BundleItem> Items
)
{
    public const string FileName = "index.json";

    /// <summary>The directory of the packages in a bundle.</summary>
    public const string Packages = "packages/";

    private const int CurrentVersion = 1;

    /// <summary>For people too: the plus signs of package versions stay plus signs.</summary>
    private static readonly SoftwareJson Readable = new(
        new JsonSerializerOptions(SoftwareJson.Default.Options)
        {
            WriteIndented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }
    );

    public int Version { get; init; } = CurrentVersion;

    /// <summary>
    /// The distribution's release that the packages are of (<c>debian 12</c>); null when nothing in it depends on one.
    /// </summary>
    public string? Release { get; init; }

    /// <exception cref="NodeException">ArchiveRefused: it is no index of a bundle that this program knows.</exception>
    public static BundleIndex Parse(ReadOnlySpan<byte> utf8, string from)
    {
        try
        {
            return
                JsonSerializer.Deserialize(utf8, SoftwareJson.Default.BundleIndex) is { Version: CurrentVersion } index
                ? index
                : throw new JsonException("it was made by another version of Holdfast");
        }
        catch (JsonException damage)
        {
            throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot use {from}: it is no bundle of this version of Holdfast ({damage.Message}); make it anew with: holdfast bundle",
                damage
            );
        }
    }

    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Readable.BundleIndex);

    /// <summary>The bundle that this node was made from last; null when it was made without.</summary>
    public static async Task<BundleIndex?> ReadRememberedAsync(NodePaths paths, CancellationToken cancellationToken) =>
        File.Exists(paths.BundleIndex)
            ? Parse(await File.ReadAllBytesAsync(paths.BundleIndex, cancellationToken), paths.BundleIndex)
            : null;

    /// <summary>So that later runs know what <c>bundle: {}</c> in the document means, without the bundle.</summary>
    public async Task RememberAsync(NodePaths paths, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(paths.BundleIndex)!);
        await AtomicFile.WriteAsync(paths.BundleIndex, ToUtf8(), cancellationToken: cancellationToken);
    }
}
