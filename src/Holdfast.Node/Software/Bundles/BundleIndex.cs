using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>One file of a bundle. Immutable.</summary>
/// <param name="Item">Its name in the bundle, for example <c>packages/containerd_1.6.20~ds1-1_amd64.deb</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Source">Where it came from: an address, or the package and its version.</param>
public sealed record BundleItem(string Item, string Sha256, long Size, string Source);

/// <summary>
/// What a bundle has: the first file in it, and what the node remembers of the bundle that it was made from. Immutable,
/// safe from any thread.
/// </summary>
/// <param name="Architecture">As Kubernetes names it; its packages and programs run on no other.</param>
/// <param name="Installs">What <c>bundle: {}</c> means, by the place in the document (<see cref="BundleInstalls"/>).</param>
public sealed record BundleIndex(
    string Architecture,
    IReadOnlyDictionary<string, InstallSpec> Installs,
    IReadOnlyList<BundleItem> Items
)
{
    public const string FileName = "index.json";

    /// <summary>
    /// The distribution's release that the packages are of (<c>debian 12</c>); null when nothing in it depends on one.
    /// </summary>
    public string? Release { get; init; }

    /// <summary>The directory of the packages in a bundle.</summary>
    public const string Packages = "packages/";

    private const int Version = 1;

    /// <summary>For people too: the plus signs of package versions stay plus signs.</summary>
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <exception cref="NodeException">ArchiveRefused: it is no index of a bundle that this program knows.</exception>
    public static BundleIndex Parse(ReadOnlySpan<byte> utf8, string from)
    {
        try
        {
            var json = JsonNode.Parse(utf8)!.AsObject();
            if ((int)json["version"]! != Version)
            {
                throw new FormatException("it was made by another version of Holdfast");
            }

            var installs = json["installs"]!
                .AsObject()
                .ToDictionary(pair => pair.Key, pair => ParseInstall(pair.Value!));
            return new BundleIndex(
                (string)json["architecture"]!,
                installs,
                [.. json["items"]!.AsArray().Select(item => ParseItem(item!.AsObject()))]
            )
            {
                Release = (string?)json["release"],
            };
        }
        catch (Exception damage)
            when (damage
                    is JsonException
                        or FormatException
                        or InvalidOperationException
                        or NullReferenceException
                        or ArgumentException
            )
        {
            throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot use {from}: it is no bundle of this version of Holdfast ({damage.Message}); make it anew with: holdfast bundle",
                damage
            );
        }
    }

    public byte[] ToUtf8()
    {
        var installs = new JsonObject();
        foreach (var (place, install) in Installs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            installs[place] = ToJson(install);
        }

        var items = Items.Select(item =>
            (JsonNode)
                new JsonObject
                {
                    ["item"] = item.Item,
                    ["sha256"] = item.Sha256,
                    ["size"] = item.Size,
                    ["source"] = item.Source,
                }
        );
        var json = new JsonObject
        {
            ["version"] = Version,
            ["architecture"] = Architecture,
            ["release"] = Release,
            ["installs"] = installs,
            ["items"] = new JsonArray([.. items]),
        };
        return Encoding.UTF8.GetBytes(json.ToJsonString(Readable) + "\n");
    }

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

    private static BundleItem ParseItem(JsonObject json) =>
        new((string)json["item"]!, (string)json["sha256"]!, (long)json["size"]!, (string)json["source"]!);

    private static JsonObject ToJson(InstallSpec install) =>
        install is InstallSpec.Archive { Source: var archive }
            ? new JsonObject
            {
                ["archive"] = new JsonObject
                {
                    ["url"] = archive.Url.AbsoluteUri,
                    ["sha256"] = archive.Sha256,
                    ["format"] = archive.Format.ToString(),
                },
            }
            : new JsonObject { ["apt"] = new JsonObject() };

    private static InstallSpec ParseInstall(JsonNode json) =>
        json["archive"] is { } archive
            ? new InstallSpec.Archive(
                new ArchiveSpec
                {
                    Url = new Uri((string)archive["url"]!),
                    Sha256 = (string)archive["sha256"]!,
                    Format = Enum.Parse<ArchiveFormat>((string)archive["format"]!),
                }
            )
            : new InstallSpec.Apt();
}
