using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Document;

/// <summary>Nodes to a spec with every default filled in. Notes all errors; the spec is only good when there are none.</summary>
internal static class EdgeNodeReader
{
    public static EdgeNodeSpec Read(YamlNode root, string hostName, List<DocumentError> errors)
    {
        var document = DocumentMap.Of(root, "", errors);
        if (root is YamlMappingNode)
        {
            Require(document, "apiVersion", NodeDocument.ApiVersion);
            Require(document, "kind", NodeDocument.Kind);
        }
        var (name, labels) = ReadMetadata(document.Map("metadata"), hostName);
        var spec = document.Map("spec");
        document.Finish();

        var runtimes = RuntimeReader.Read(spec);
        var cluster = ClusterReader.Read(spec, labels);
        var result = new EdgeNodeSpec
        {
            Name = name,
            Labels = labels,
            Host = ReadHost(spec.Map("host")),
            Network = NetworkReader.Read(spec.Map("network")),
            Runtimes = runtimes,
            Untrusted = ReadUntrusted(spec.Map("untrusted"), runtimes, cluster),
            Cluster = cluster,
        };
        spec.Finish();
        return result;
    }

    private static void Require(DocumentMap document, string key, string wanted)
    {
        if (!document.Mentions(key))
        {
            document.Report(key, $"is missing; it must be {wanted}");
        }
        else if (document.Text(key) is { } text && text != wanted)
        {
            document.Report(key, $"must be {wanted}, not \"{DocumentMap.Shown(text)}\"");
        }
    }

    private static (string, IReadOnlyDictionary<string, string>) ReadMetadata(DocumentMap metadata, string hostName)
    {
        var name = metadata.Text("name", NameRules.Subdomain);
        if (name is null && !metadata.Has("name", out _))
        {
            name = hostName;
            if (NameRules.Subdomain(hostName) is not null)
            {
                metadata.Report(
                    "name",
                    $"is missing, and the host's name \"{DocumentMap.Shown(hostName)}\" cannot stand for it: it is not a DNS-1123 subdomain"
                );
            }
        }
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (entry, path) in metadata.Entries("labels") ?? [])
        {
            if (NameRules.LabelKey(entry.Key.Text) is { } wrong)
            {
                metadata.Report(entry.Key, path, wrong);
            }
            if (DocumentMap.TextOf(entry.Value, path, metadata.Errors, NameRules.LabelValue) is { } value)
            {
                labels[entry.Key.Text] = value;
            }
        }
        metadata.Finish();
        return (name ?? "", labels);
    }

    private static HostSpec ReadHost(DocumentMap host)
    {
        var defaults = new HostSpec();
        var result = new HostSpec
        {
            Swap = host.Word("swap", "disabled", "unchanged") == "unchanged" ? SwapMode.Unchanged : SwapMode.Disabled,
            Hosts =
            [
                .. (host.List("hosts") ?? [])
                    .Select(item => ReadHostEntry(item.Node, item.Path, host.Errors))
                    .OfType<HostEntry>(),
            ],
            KernelModules = ReadModules(host) ?? defaults.KernelModules,
            Sysctl = ReadSysctl(host) ?? defaults.Sysctl,
        };
        host.Finish();
        return result;
    }

    private static HostEntry? ReadHostEntry(YamlNode node, string path, List<DocumentError> errors)
    {
        var map = DocumentMap.Of(node, path, errors);
        var text = map.Text(
            "address",
            a => NameRules.Address(a) is null ? $"\"{DocumentMap.Shown(a)}\" is not an IPv4 or IPv6 address" : null
        );
        if (text is null && !map.Has("address", out _))
        {
            map.Report("address", "is missing");
        }
        var items = map.List("names");
        if (items is null or [])
        {
            map.Report("names", "must be a list of at least one host name");
        }
        var names = (items ?? [])
            .Select(i => DocumentMap.TextOf(i.Node, i.Path, errors, NameRules.HostName))
            .OfType<string>()
            .ToList();
        map.Finish();
        return text is null || NameRules.Address(text) is not { } address ? null : new HostEntry(address, names);
    }

    private static List<string>? ReadModules(DocumentMap host)
    {
        if (host.List("kernelModules") is not { } items)
        {
            return null;
        }
        var modules = new List<string>();
        foreach (var (node, path) in items)
        {
            if (DocumentMap.TextOf(node, path, host.Errors, NameRules.KernelModule) is not { } module)
            {
                continue;
            }
            if (modules.Contains(module))
            {
                host.Report(node, path, $"\"{module}\" is there twice");
            }
            modules.Add(module);
        }
        return modules;
    }

    private static Dictionary<string, string>? ReadSysctl(DocumentMap host)
    {
        if (host.Entries("sysctl") is not { } entries)
        {
            return null;
        }
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (entry, path) in entries)
        {
            if (NameRules.SysctlKey(entry.Key.Text) is { } wrong)
            {
                host.Report(entry.Key, path, wrong);
            }
            if (WhyNoSysctlValue(entry.Value) is { } bad)
            {
                host.Report(entry.Value, path, bad);
            }
            else if (!lines.TryAdd(Sysctl.ToPath(entry.Key.Text), entry.Key.Line))
            {
                var first = lines[Sysctl.ToPath(entry.Key.Text)];
                host.Report(entry.Key, path, $"is the parameter of line {first} again; dots and slashes mean the same");
            }
            else
            {
                values[entry.Key.Text] = ((YamlScalarNode)entry.Value).Text;
            }
        }
        return values;
    }

    /// <summary>Most parameters are numbers, so a value needs no quotes.</summary>
    private static string? WhyNoSysctlValue(YamlNode value) =>
        value.Kind() switch
        {
            DocumentKind.Nothing => "has no value; write one, or leave the key out to keep what the kernel has",
            DocumentKind.Switch => "must be a number or a string, not true or false; the kernel takes 1 and 0",
            DocumentKind.List or DocumentKind.Mapping => $"must be a number or a string, not {value.Noun()}",
            _ => NameRules.SysctlValue(((YamlScalarNode)value).Text),
        };

    private static UntrustedSpec ReadUntrusted(
        DocumentMap untrusted,
        IReadOnlyList<RuntimeSpec> runtimes,
        ClusterSpec cluster
    )
    {
        var handler = untrusted.Text("handler");
        var all = runtimes.SelectMany(r => r.Handlers).Select(h => h.Name).ToArray();
        if (handler is not null && !all.Contains(handler))
        {
            var hint = Suggestion.For(handler, all);
            untrusted.Report("handler", $"no runtime has a handler \"{DocumentMap.Shown(handler)}\"{hint}");
        }
        else if (
            handler is not null
            && !cluster.IsStandalone
            && WhyNotLedThere(handler, runtimes[0], cluster) is { } why
        )
        {
            untrusted.Report("handler", why);
        }
        untrusted.Finish();
        return new UntrustedSpec { Handler = handler };
    }

    /// <summary>
    /// Only Holdfast's own agent leads untrusted pods by itself. The agent of a cluster hands the annotation to its one
    /// runtime, and what does not heed it runs the pod unconfined without a word.
    /// </summary>
    private static string? WhyNotLedThere(string handler, RuntimeSpec first, ClusterSpec cluster)
    {
        var instead =
            cluster is KubeEdgeCluster
                ? "use kind: containerd for it"
                : "leave untrusted out and let pods ask for the handler by a RuntimeClass";
        var isOther = handler != UntrustedSpec.WellKnownHandler;
        return first.Handlers.All(h => h.Name != handler)
                ? $"\"{handler}\" is no handler of the first runtime \"{first.Name}\", and {cluster.AgentService} talks to no other; name one of its handlers, or put the runtime that has it first"
            : first.Kind == RuntimeKind.Crio
                ? $"CRI-O does not heed the annotation, so that {cluster.AgentService} would run untrusted pods in the handler \"{first.Handlers[0].Name}\"; {instead}"
            : isOther && first.Handlers.Any(h => h.Name == UntrustedSpec.WellKnownHandler)
                ? $"containerd leads untrusted pods of {cluster.AgentService} to the handler \"{UntrustedSpec.WellKnownHandler}\", which is another one here; name that, or give it another name"
            : null;
    }
}
