using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Holdfast.Benchmarks.Machine;

internal static class ImageArchive
{
    public static void Write(string file, string reference, string[] entrypoint)
    {
        using var layer = new MemoryStream();
        using (var tar = new TarWriter(layer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var directory in new[] { "bin/", "etc/", "tmp/", "proc/", "sys/", "dev/" })
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, directory) { Mode = (UnixFileMode)0x1ED });
            using var busybox = File.OpenRead("/bin/busybox");
            tar.WriteEntry(
                new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox")
                {
                    Mode = (UnixFileMode)0x1ED,
                    DataStream = busybox,
                }
            );
            foreach (var applet in new[] { "sh", "sleep" })
                tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
        }
        var bytes = layer.ToArray();
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        var config = new JsonObject
        {
            ["architecture"] =
                System.Runtime.InteropServices.RuntimeInformation.OSArchitecture
                is System.Runtime.InteropServices.Architecture.X64
                    ? "amd64"
                    : "arm64",
            ["os"] = "linux",
            ["config"] = new JsonObject
            {
                ["Entrypoint"] = new JsonArray([.. entrypoint.Select(word => JsonValue.Create(word))]),
            },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(digest) },
        };
        var manifest = new JsonArray(
            new JsonObject
            {
                ["Config"] = "config.json",
                ["RepoTags"] = new JsonArray(reference),
                ["Layers"] = new JsonArray("layer.tar"),
            }
        );
        using var output = File.Create(file);
        using var archive = new TarWriter(output, TarEntryFormat.Ustar);
        Add(archive, "config.json", System.Text.Encoding.UTF8.GetBytes(config.ToJsonString()));
        Add(archive, "layer.tar", bytes);
        Add(archive, "manifest.json", System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString()));
    }

    private static void Add(TarWriter archive, string name, byte[] bytes) =>
        archive.WriteEntry(
            new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                Mode = (UnixFileMode)0x1A4,
                DataStream = new MemoryStream(bytes),
            }
        );
}
