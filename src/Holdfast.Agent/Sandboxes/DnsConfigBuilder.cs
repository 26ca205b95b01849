using Holdfast.Kube;

namespace Holdfast.Agent.Sandboxes;

/// <summary>Name resolution of a pod: what its dnsPolicy gives, and its dnsConfig on top. Pure.</summary>
internal static class DnsConfigBuilder
{
    // pkg/apis/core/validation: the limits of glibc's resolver as Kubernetes extended them.
    private const int MaxNameServers = 3;
    private const int MaxSearches = 32;
    private const int MaxSearchLength = 2048;

    /// <summary>
    /// There is no cluster DNS on a node by itself, so ClusterFirst is the node's own resolver, as the kubelet falls
    /// back when it is not told a cluster DNS.
    /// </summary>
    public static V1.DNSConfig Build(PodSpec spec, ResolvConf node)
    {
        var from = spec.DnsPolicy == "None" ? ResolvConf.Empty : node;
        var wanted = spec.DnsConfig;
        var result = new V1.DNSConfig();
        result.Servers.Add(from.NameServers.Concat(wanted?.Nameservers ?? []).Distinct().Take(MaxNameServers));
        result.Searches.Add(LimitLength(from.Searches.Concat(wanted?.Searches ?? []).Distinct().Take(MaxSearches)));
        result.Options.Add(MergeOptions(from.Options, wanted?.Options ?? []));
        return result;
    }

    private static IEnumerable<string> LimitLength(IEnumerable<string> searches)
    {
        var length = 0;
        foreach (var search in searches)
        {
            length += search.Length + 1;
            if (length > MaxSearchLength)
            {
                yield break;
            }

            yield return search;
        }
    }

    /// <summary>An option of the pod replaces the node's of the same name.</summary>
    private static IEnumerable<string> MergeOptions(
        IReadOnlyList<string> options,
        IReadOnlyList<PodDnsConfigOption> wanted
    )
    {
        var names = wanted.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        return options
            .Where(o => !names.Contains(o.Split(':')[0]))
            .Concat(wanted.Select(o => string.IsNullOrEmpty(o.Value) ? o.Name : $"{o.Name}:{o.Value}"));
    }
}
