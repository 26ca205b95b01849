using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// What is unpacked for one piece of software, path by path, so that a look at the machine needs neither the archive nor
/// a hash of everything. It is written last of all: where it is, the unpacking was seen through. Immutable.
/// </summary>
/// <param name="Key">Which archive this is, in the words of the document (<see cref="ArchiveStack.KeyOf"/>).</param>
/// <param name="Sha256">Of the archive.</param>
/// <param name="Entries">With absolute paths of the machine, links on the way resolved.</param>
internal sealed record SoftwareManifest(
    string Name,
    string Key,
    string FileName,
    string Sha256,
    IReadOnlyList<ArchiveEntry> Entries
)
{
    public static string PathOf(NodePaths paths, string name) => Path.Join(paths.ManifestsDirectory, name + ".json");

    /// <summary>Null when there is none, or none that can be read: then everything is unpacked anew.</summary>
    public static async Task<SoftwareManifest?> ReadAsync(
        NodePaths paths,
        string name,
        CancellationToken cancellationToken
    )
    {
        var path = PathOf(paths, name);
        return File.Exists(path) ? Parse(await File.ReadAllTextAsync(path, cancellationToken)) : null;
    }

    public static SoftwareManifest? Parse(string text)
    {
        try
        {
            var json = JsonNode.Parse(text)!;
            return new SoftwareManifest(
                (string)json["name"]!,
                (string)json["key"]!,
                (string)json["archive"]!,
                (string)json["sha256"]!,
                [.. json["entries"]!.AsArray().Select(entry => ParseEntry(entry!.AsObject()))]
            );
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
            return null;
        }
    }

    public byte[] ToUtf8() =>
        Encoding.UTF8.GetBytes(
            new JsonObject
            {
                ["name"] = Name,
                ["key"] = Key,
                ["archive"] = FileName,
                ["sha256"] = Sha256,
                ["entries"] = new JsonArray([.. Entries.Select(entry => (JsonNode)ToJson(entry))]),
            }.ToJsonString()
        );

    private static JsonObject ToJson(ArchiveEntry entry)
    {
        var json = new JsonObject
        {
            ["path"] = entry.Path,
            ["kind"] = entry.Kind.ToString(),
            ["mode"] = Convert.ToString((int)entry.Mode, 8),
            ["uid"] = entry.Owner.Uid,
            ["gid"] = entry.Owner.Gid,
        };
        if (entry.Kind == ArchiveEntryKind.File)
        {
            json["length"] = entry.Length;
            json["modified"] = entry.ModifiedAt.ToUnixTimeSeconds();
            json["sha256"] = entry.Sha256;
        }

        if (entry.Target is { } target)
        {
            json["target"] = target;
        }

        if (entry.Staged is { } staged)
        {
            json["staged"] = staged;
        }

        return json;
    }

    private static ArchiveEntry ParseEntry(JsonObject json) =>
        new(
            (string)json["path"]!,
            Enum.Parse<ArchiveEntryKind>((string)json["kind"]!),
            (UnixFileMode)Convert.ToInt32((string)json["mode"]!, 8),
            new FileOwner((uint)json["uid"]!, (uint)json["gid"]!),
            (long?)json["length"] ?? 0,
            DateTimeOffset.FromUnixTimeSeconds((long?)json["modified"] ?? 0),
            (string?)json["sha256"],
            (string?)json["target"],
            (string?)json["staged"]
        );
}
