using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Holdfast.Testing;

/// <summary>An image on the disk in the OCI layout, made from a root file system. Immutable once written.</summary>
/// <param name="Directory">The layout's directory.</param>
/// <param name="Reference">The full name, for example <c>docker.io/library/nginx:latest</c>.</param>
public sealed record OciImage(string Directory, string Reference)
{
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>Packs the layout into one file, as <c>ctr images import</c> takes it.</summary>
    public void WriteArchive(string path)
    {
        File.Delete(path);
        TarFile.CreateFromDirectory(Directory, path, includeBaseDirectory: false);
    }

    /// <summary>Writes an image of one layer.</summary>
    /// <param name="rootfs">A directory that becomes the container's root.</param>
    public static OciImage Write(
        string directory,
        string reference,
        string rootfs,
        IReadOnlyList<string> entrypoint,
        IReadOnlyList<string>? command = null
    )
    {
        var blobs = Path.Join(directory, "blobs/sha256");
        System.IO.Directory.CreateDirectory(blobs);
        var (layer, diffId) = WriteLayer(blobs, rootfs);
        var config = WriteJson(
            blobs,
            ConfigType,
            new JsonObject
            {
                ["architecture"] = Architecture,
                ["os"] = "linux",
                ["config"] = new JsonObject
                {
                    ["Env"] = new JsonArray("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                    ["Entrypoint"] = Array(entrypoint),
                    ["Cmd"] = Array(command ?? []),
                },
                ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray($"sha256:{diffId}") },
            }
        );
        var manifest = WriteJson(
            blobs,
            ManifestType,
            new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = ManifestType,
                ["config"] = config,
                ["layers"] = new JsonArray(layer),
            }
        );

        // Read by containerd's import, and by skopeo.
        manifest["annotations"] = new JsonObject
        {
            ["io.containerd.image.name"] = reference,
            ["org.opencontainers.image.ref.name"] = reference[(reference.LastIndexOf(':') + 1)..],
        };
        var index = new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(manifest) };
        File.WriteAllText(Path.Join(directory, "index.json"), index.ToJsonString());
        File.WriteAllText(Path.Join(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        return new OciImage(directory, reference);
    }

    /// <summary>This machine's processor, as Go names it.</summary>
    internal static string Architecture =>
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
        == System.Runtime.InteropServices.Architecture.Arm64
            ? "arm64"
            : "amd64";

    private static (JsonObject Descriptor, string DiffId) WriteLayer(string blobs, string rootfs)
    {
        using var tar = new MemoryStream();
        TarFile.CreateFromDirectory(rootfs, tar, includeBaseDirectory: false);
        tar.Position = 0;
        var diffId = Convert.ToHexStringLower(SHA256.HashData(tar));
        tar.Position = 0;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            tar.CopyTo(gzip);
        }

        return (WriteBlob(blobs, LayerType, packed.ToArray()), diffId);
    }

    private static JsonObject WriteJson(string blobs, string type, JsonObject json) =>
        WriteBlob(blobs, type, System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static JsonObject WriteBlob(string blobs, string type, byte[] bytes)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Join(blobs, digest), bytes);
        return new JsonObject
        {
            ["mediaType"] = type,
            ["digest"] = $"sha256:{digest}",
            ["size"] = bytes.Length,
        };
    }

    private static JsonArray Array(IReadOnlyList<string> items) =>
        new([.. items.Select(item => JsonValue.Create(item))]);
}
