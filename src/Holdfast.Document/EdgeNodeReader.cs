using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Document;

/// <summary>Nodes to a spec with every default filled in. Notes all errors; the spec is only good when there are none.</summary>
internal static class EdgeNodeReader
{
    public static EdgeNodeSpec Read(YamlNode root, string hostName, List<DocumentError> errors)
    {
        var document = DocumentMap.OfRoot(root, errors);
        if (root is YamlMappingNode)
        {
            Require(document, "apiVersion", NodeDocument.ApiVersion);
            Require(document, "kind", NodeDocument.Kind);
        }
        var metadata = document.Map("metadata");
        var labels = metadata.Dictionary("labels", NameRules.LabelKey, DocumentMap.AsText(NameRules.LabelValue)) ?? [];
        var spec = document.Map("spec");
        var runtimes = RuntimeReader.Read(spec);
        var cluster = ClusterReader.Read(spec, labels.Keys);
        var result = new EdgeNodeSpec
        {
            Name = ReadName(metadata, hostName),
            Labels = new SortedDictionary<string, string>(labels, StringComparer.Ordinal),
            Host = ReadHost(spec.Map("host")),
            Network = NetworkReader.Read(spec.Map("network")),
            Runtimes = runtimes,
            Untrusted = ReadUntrusted(spec.Map("untrusted"), runtimes, cluster),
            Cluster = cluster,
        };
        document.ReportUnknownKeys();
        return result;
    }

    private static void Require(DocumentMap document, string key, string wanted)
    {
        document.Require(key, $"it must be {wanted}");
        document.Text(key, text => text == wanted ? null : $"must be {wanted}, not \"{DocumentMap.Shown(text)}\"");
    }

    private static string ReadName(DocumentMap metadata, string hostName)
    {
        if (!metadata.Has("name") && !NameRules.Subdomain.Allows(hostName))
        {
            metadata.Report(
                "name",
                $"is missing, and the host's name \"{DocumentMap.Shown(hostName)}\" cannot stand for it: it is not a DNS-1123 subdomain"
            );
        }
        return metadata.Text("name", NameRules.Subdomain) ?? hostName;
    }

    private static HostSpec ReadHost(DocumentMap host)
    {
        var defaults = new HostSpec();
        return new HostSpec
        {
            Swap = host.OneOf<SwapMode>("swap") ?? defaults.Swap,
            Hosts = [.. (host.Maps("hosts") ?? []).Select(ReadHostEntry).OfType<HostEntry>()],
            KernelModules = ReadModules(host) ?? defaults.KernelModules,
            Sysctl = ReadSysctl(host) ?? defaults.Sysctl,
        };
    }

    private static HostEntry? ReadHostEntry(DocumentMap entry)
    {
        const string NoNames = "must be a list of at least one host name";
        var address = entry.RequiredText("address", NameRules.IpAddress);
        var names = entry.Texts("names", NameRules.HostName, NoNames);
        if (names is null)
        {
            entry.Report("names", NoNames);
        }
        return address is null ? null : new HostEntry(NameRules.Address(address)!, names ?? []);
    }

    private static IReadOnlyList<string>? ReadModules(DocumentMap host)
    {
        var seen = new HashSet<string>();
        return host.Texts(
            "kernelModules",
            text => NameRules.KernelModule.Check(text) ?? (seen.Add(text) ? null : $"\"{text}\" is there twice")
        );
    }

    private static Dictionary<string, string>? ReadSysctl(DocumentMap host)
    {
        var byPath = new Dictionary<string, string>(StringComparer.Ordinal);
        return host.Dictionary("sysctl", CheckKey, ReadSysctlValue);

        string? CheckKey(string key) =>
            NameRules.SysctlKey.Check(key)
            ?? (
                byPath.TryAdd(Sysctl.ToPath(key), key)
                    ? null
                    : $"is the parameter {byPath[Sysctl.ToPath(key)]} again; dots and slashes mean the same"
            );
    }

    /// <summary>Most parameters are numbers, so a value needs no quotes.</summary>
    private static (string?, string?) ReadSysctlValue(YamlNode value)
    {
        var fault = value.Kind() switch
        {
            DocumentKind.Nothing => "has no value; write one, or leave the key out to keep what the kernel has",
            DocumentKind.Switch => "must be a number or a string, not true or false; the kernel takes 1 and 0",
            DocumentKind.List or DocumentKind.Mapping => $"must be a number or a string, not {value.Noun()}",
            _ => NameRules.SysctlValue(((YamlScalarNode)value).Text),
        };
        return fault is null ? (((YamlScalarNode)value).Text, null) : (null, fault);
    }

    private static UntrustedSpec ReadUntrusted(
        DocumentMap untrusted,
        IReadOnlyList<RuntimeSpec> runtimes,
        ClusterSpec cluster
    )
    {
        string[] all = [.. runtimes.SelectMany(r => r.Handlers).Select(h => h.Name)];
        return new UntrustedSpec
        {
            Handler = untrusted.Text(
                "handler",
                name =>
                    !all.Contains(name)
                        ? $"no runtime has a handler \"{DocumentMap.Shown(name)}\"{Suggestion.For(name, all)}"
                    : cluster.IsStandalone ? null
                    : WhyAgentCannotUse(name, runtimes[0], cluster)
            ),
        };
    }

    /// <summary>
    /// Holdfast's own agent runs untrusted pods in any handler. The agent of a cluster passes the annotation to its one runtime,
    /// and a runtime that ignores it runs the pod unconfined without saying so.
    /// </summary>
    private static string? WhyAgentCannotUse(string handler, RuntimeSpec first, ClusterSpec cluster)
    {
        var instead =
            cluster is KubeEdgeCluster
                ? "use kind: containerd for it"
                : "leave untrusted out and let pods ask for the handler by a RuntimeClass";
        var hasOtherUntrusted =
            handler != UntrustedSpec.WellKnownHandler
            && first.Handlers.Any(h => h.Name == UntrustedSpec.WellKnownHandler);
        return first.Handlers.All(h => h.Name != handler)
                ? $"\"{handler}\" is no handler of the first runtime \"{first.Name}\", and {cluster.AgentService} talks to no other; name one of its handlers, or put the runtime that has it first"
            : first.Kind == RuntimeKind.Crio
                ? $"CRI-O ignores the annotation, so that {cluster.AgentService} would run untrusted pods in the handler \"{first.Handlers[0].Name}\"; {instead}"
            : hasOtherUntrusted
                ? $"containerd runs untrusted pods of {cluster.AgentService} in the handler \"{UntrustedSpec.WellKnownHandler}\", which is another one here; name that, or give it another name"
            : null;
    }
}
