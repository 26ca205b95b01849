using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>One entry of an image's file system. Immutable.</summary>
/// <param name="Path">Without a leading slash.</param>
internal sealed record ImageFile(
    string Path,
    TarEntryType Kind,
    UnixFileMode Mode,
    ReadOnlyMemory<byte> Content,
    string? Target
)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable =
        Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static ImageFile Directory(string path, UnixFileMode extra = UnixFileMode.None) =>
        new(path, TarEntryType.Directory, Executable | UnixFileMode.UserWrite | extra, default, null);

    public static ImageFile Program(string path, ReadOnlyMemory<byte> content) =>
        new(path, TarEntryType.RegularFile, Executable | UnixFileMode.UserWrite, content, null);

    public static ImageFile Text(string path, string content) =>
        new(path, TarEntryType.RegularFile, Readable | UnixFileMode.UserWrite, Encoding.UTF8.GetBytes(content), null);

    public static ImageFile Link(string path, string target) =>
        new(path, TarEntryType.SymbolicLink, Executable | UnixFileMode.UserWrite, default, target);
}

/// <summary>How a container of an image starts when the pod does not say. Immutable.</summary>
internal sealed record ImageConfig
{
    public IReadOnlyList<string> Entrypoint { get; init; } = [];
    public IReadOnlyList<string> Command { get; init; } = [];
    public IReadOnlyList<string> Environment { get; init; } = [];
}

/// <summary>
/// An image of one layer, as a tar that runtimes import: the OCI image layout. The same files always give the same
/// digests: no times, no owners, nothing of this machine. Immutable.
/// Source: image-spec v1.0, image-layout.md, manifest.md, config.md.
/// </summary>
internal sealed class OciImage
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    private OciImage(string reference, string id, byte[] archive)
    {
        Reference = reference;
        Id = id;
        Archive = archive;
    }

    /// <summary>The full name, for example <c>holdfast.local/pause:1</c>.</summary>
    public string Reference { get; }

    /// <summary>Digest of the configuration, by which CRI knows the image.</summary>
    public string Id { get; }

    /// <summary>The tar.</summary>
    public ReadOnlyMemory<byte> Archive { get; }

    /// <param name="architecture">As Go names it: <c>amd64</c>, <c>arm64</c>.</param>
    public static OciImage Create(
        string reference,
        string architecture,
        IReadOnlyList<ImageFile> files,
        ImageConfig config
    )
    {
        var layer = Tar(files);
        var configBytes = Bytes(
            new JsonObject
            {
                ["architecture"] = architecture,
                ["os"] = "linux",
                ["config"] = Describe(config),
                ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = Strings([Digest(layer)]) },
                ["history"] = new JsonArray(new JsonObject { ["created_by"] = "holdfast" }),
            }
        );
        var manifest = Bytes(
            new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = ManifestType,
                ["config"] = Descriptor(ConfigType, configBytes),
                ["layers"] = new JsonArray(Descriptor(LayerType, layer)),
            }
        );
        var entry = Descriptor(ManifestType, manifest);
        entry["platform"] = new JsonObject { ["architecture"] = architecture, ["os"] = "linux" };
        entry["annotations"] = new JsonObject
        {
            ["io.containerd.image.name"] = reference,
            ["org.opencontainers.image.ref.name"] = reference[(reference.LastIndexOf(':') + 1)..],
        };
        var index = Bytes(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(entry) });
        var archive = Tar([
            ImageFile.Text("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""),
            ImageFile.Directory("blobs"),
            ImageFile.Directory("blobs/sha256"),
            Blob(configBytes),
            Blob(layer),
            Blob(manifest),
            new ImageFile("index.json", TarEntryType.RegularFile, (UnixFileMode)0b110_100_100, index, null),
        ]);
        return new OciImage(reference, Digest(configBytes), archive);
    }

    public static string Digest(ReadOnlySpan<byte> content) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    private static byte[] Tar(IReadOnlyList<ImageFile> files)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in files)
            {
                var entry = new UstarTarEntry(file.Kind, file.Path)
                {
                    Mode = file.Mode,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    Uid = 0,
                    Gid = 0,
                };
                if (file.Target is not null)
                {
                    entry.LinkName = file.Target;
                }
                if (file.Kind == TarEntryType.RegularFile)
                {
                    entry.DataStream = new MemoryStream(file.Content.ToArray(), writable: false);
                }
                writer.WriteEntry(entry);
            }
        }
        return buffer.ToArray();
    }

    private static ImageFile Blob(byte[] content) =>
        new(
            $"blobs/sha256/{Digest(content)["sha256:".Length..]}",
            TarEntryType.RegularFile,
            (UnixFileMode)0b110_100_100,
            content,
            null
        );

    private static JsonObject Describe(ImageConfig config)
    {
        var json = new JsonObject { ["WorkingDir"] = "/" };
        if (config.Entrypoint.Count > 0)
        {
            json["Entrypoint"] = Strings(config.Entrypoint);
        }
        if (config.Command.Count > 0)
        {
            json["Cmd"] = Strings(config.Command);
        }
        if (config.Environment.Count > 0)
        {
            json["Env"] = Strings(config.Environment);
        }
        return json;
    }

    private static JsonObject Descriptor(string type, byte[] content) =>
        new()
        {
            ["mediaType"] = type,
            ["digest"] = Digest(content),
            ["size"] = content.Length,
        };

    private static JsonArray Strings(IReadOnlyList<string> values) => new([.. values.Select(v => (JsonNode)v)]);

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
