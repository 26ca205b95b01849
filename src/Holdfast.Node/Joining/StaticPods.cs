using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>Static pods of the machine, out of the way of a tool that removes them. Stateless, and safe to be killed anywhere.</summary>
internal static class StaticPods
{
    public const string DirectoryPath = "/etc/kubernetes/manifests";

    private const string ListName = "static-pods.json";

    public static IReadOnlyList<string> List(Machine machine)
    {
        var at = machine.At(DirectoryPath);
        return Directory.Exists(at)
            ? [.. Directory.EnumerateFiles(at).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
            : [];
    }

    public static async Task SetAsideAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (Directory.Exists(Aside(machine)) || List(machine).Count == 0)
        {
            return;
        }
        // Complete under another name first: half of them aside would look like all of them.
        var building = Aside(machine) + ".new";
        if (Directory.Exists(building))
        {
            Directory.Delete(building, recursive: true);
        }
        Directory.CreateDirectory(building);
        var owners = new JsonObject();
        foreach (var name in List(machine))
        {
            var source = Path.Join(machine.At(DirectoryPath), name);
            var status = FileStatus.Read(source)!;
            owners[name] = new JsonObject
            {
                ["mode"] = (int)status.Mode,
                ["uid"] = status.Owner.Uid,
                ["gid"] = status.Owner.Gid,
            };
            await AtomicFile.CopyAsync(
                source,
                Path.Join(building, "pod-" + name),
                AtomicFile.SecretMode,
                cancellationToken: cancellationToken
            );
        }
        await AtomicFile.WriteAsync(
            Path.Join(building, ListName),
            System.Text.Encoding.UTF8.GetBytes(owners.ToJsonString()),
            AtomicFile.SecretMode,
            cancellationToken: cancellationToken
        );
        Directory.Move(building, Aside(machine));
        AtomicFile.SyncDirectory(Path.GetDirectoryName(Aside(machine))!);
    }

    /// <summary>Those that are not there again; one that the cluster has put there under the same name wins.</summary>
    public static async Task PutBackAsync(Machine machine, CancellationToken cancellationToken)
    {
        var aside = Aside(machine);
        if (!Directory.Exists(aside))
        {
            return;
        }
        var owners = JsonNode
            .Parse(await File.ReadAllBytesAsync(Path.Join(aside, ListName), cancellationToken))!
            .AsObject();
        Directory.CreateDirectory(machine.At(DirectoryPath));
        foreach (var (name, owner) in owners)
        {
            var target = Path.Join(machine.At(DirectoryPath), name);
            if (!File.Exists(target))
            {
                await AtomicFile.CopyAsync(
                    Path.Join(aside, "pod-" + name),
                    target,
                    (UnixFileMode)(int)owner!["mode"]!,
                    new FileOwner((uint)owner["uid"]!, (uint)owner["gid"]!),
                    cancellationToken
                );
            }
        }
    }

    /// <summary>
    /// Removes what is aside: when the join is over, not before. Until then a reset may come, which empties the directory.
    /// </summary>
    public static void Forget(Machine machine)
    {
        if (Directory.Exists(Aside(machine)))
        {
            Directory.Delete(Aside(machine), recursive: true);
        }
    }

    private static string Aside(Machine machine) =>
        Path.Join(ClusterJoinResource.StateDirectory(machine), "static-pods");
}
