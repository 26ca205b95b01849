using System.Text;
using Holdfast.Agent.Containers;
using Holdfast.Agent.Objects;
using Holdfast.Kube;

namespace Holdfast.Agent.Volumes;

/// <summary>The files of a configMap, secret, downwardAPI or projected volume. Reads objects, writes nothing.</summary>
internal sealed class PayloadBuilder(IObjectSource objects, NodeFacts node)
{
    private const int DefaultMode = 0x1A4; // 0644
    private const int ModeMask = 0x1FF; // 0777

    /// <returns>Null when the volume is not made from objects.</returns>
    /// <exception cref="AgentException">FailedMount: an object or key that is not optional does not exist.</exception>
    public IReadOnlyList<PayloadFile>? Build(Pod pod, Volume volume, IReadOnlyList<string> podIps)
    {
        IEnumerable<PayloadFile>? files = volume switch
        {
            { ConfigMap: { } map } => OfConfigMap(pod, volume, map, map.DefaultMode),
            { Secret: { } s } => OfSecret(pod, volume, s.SecretName, s.Items, s.Optional, s.DefaultMode),
            { DownwardAPI: { } d } => OfDownward(pod, volume, d, d.DefaultMode, podIps),
            { Projected: { } p } => p.Sources.SelectMany(s => OfProjection(pod, volume, s, p.DefaultMode, podIps)),
            _ => null,
        };

        // Where two sources write the same path the later one wins, as in the kubelet.
        return files
            ?.Select(f => f with { Path = SafePath(volume, f.Path) })
            .GroupBy(f => f.Path, StringComparer.Ordinal)
            .Select(g => g.Last())
            .ToArray();
    }

    private IEnumerable<PayloadFile> OfProjection(
        Pod pod,
        Volume volume,
        VolumeProjection source,
        int? mode,
        IReadOnlyList<string> podIps
    ) =>
        source switch
        {
            { ConfigMap: { } map } => OfConfigMap(pod, volume, map, mode),
            { Secret: { } s } => OfSecret(pod, volume, s.Name, s.Items, s.Optional, mode),
            { DownwardAPI: { } d } => OfDownward(pod, volume, d, mode, podIps),
            { ServiceAccountToken: not null } => throw Cannot(
                volume,
                "this node issues no service account tokens; set automountServiceAccountToken: false"
            ),
            _ => throw Cannot(volume, "it projects a source that this node does not know"),
        };

    private IEnumerable<PayloadFile> OfConfigMap(Pod pod, Volume volume, ConfigMapVolumeSource source, int? mode)
    {
        var map = objects.ConfigMap(pod.Metadata.Namespace, source.Name);
        if (map is null)
        {
            return source.Optional ? [] : throw Cannot(volume, $"configmap \"{source.Name}\" not found");
        }

        var data = map.Data.ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value), StringComparer.Ordinal);
        foreach (var (key, value) in map.BinaryData)
        {
            data[key] = value;
        }

        return Select(volume, data, source.Items, source.Optional, mode, $"configmap \"{source.Name}\"");
    }

    private IEnumerable<PayloadFile> OfSecret(
        Pod pod,
        Volume volume,
        string name,
        IReadOnlyList<KeyToPath> items,
        bool optional,
        int? mode
    )
    {
        var secret = objects.Secret(pod.Metadata.Namespace, name);
        if (secret is null)
        {
            return optional ? [] : throw Cannot(volume, $"secret \"{name}\" not found");
        }

        return Select(volume, secret.Data, items, optional, mode, $"secret \"{name}\"");
    }

    private static IEnumerable<PayloadFile> Select(
        Volume volume,
        IReadOnlyDictionary<string, byte[]> data,
        IReadOnlyList<KeyToPath> items,
        bool optional,
        int? mode,
        string what
    )
    {
        if (items.Count == 0)
        {
            return data.Select(e => new PayloadFile(e.Key, e.Value, Mode(null, mode)));
        }

        var missing = items.FirstOrDefault(i => !data.ContainsKey(i.Key));
        if (missing is not null && !optional)
        {
            throw Cannot(volume, $"{what} has no key \"{missing.Key}\"");
        }

        return items
            .Where(i => data.ContainsKey(i.Key))
            .Select(i => new PayloadFile(i.Path, data[i.Key], Mode(i.Mode, mode)));
    }

    private IEnumerable<PayloadFile> OfDownward(
        Pod pod,
        Volume volume,
        DownwardApiVolumeSource source,
        int? mode,
        IReadOnlyList<string> podIps
    ) =>
        source.Items.Select(item =>
        {
            var text = item switch
            {
                { FieldRef: { } field } => DownwardFields.Field(pod, field.FieldPath, podIps, node),
                { ResourceFieldRef: { ContainerName.Length: > 0 } resource } => DownwardFields.Resource(
                    pod,
                    pod.Spec.Containers[0],
                    resource,
                    node
                ),
                _ => null,
            };
            return text is null
                ? throw Cannot(volume, $"file {item.Path} asks for a field that a pod cannot read")
                : new PayloadFile(item.Path, Encoding.UTF8.GetBytes(text), Mode(item.Mode, mode));
        });

    private static UnixFileMode Mode(int? own, int? shared) =>
        (UnixFileMode)((own ?? shared ?? DefaultMode) & ModeMask);

    /// <summary>A path from an object must not leave the volume.</summary>
    private static string SafePath(Volume volume, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isSafe =
            parts.Length > 0
            && !path.StartsWith('/')
            && !parts[0].StartsWith("..", StringComparison.Ordinal)
            && !parts.Contains("..");
        return isSafe ? string.Join('/', parts) : throw Cannot(volume, $"the path \"{path}\" is not allowed");
    }

    private static AgentException Cannot(Volume volume, string cause) =>
        new(AgentReason.FailedMount, $"cannot mount volume \"{volume.Name}\": {cause}");
}
