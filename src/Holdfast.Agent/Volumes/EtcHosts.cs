using System.Text;
using Holdfast.Kube;

namespace Holdfast.Agent.Volumes;

/// <summary>A pod's /etc/hosts, letter for letter as the kubelet manages it. Pure.</summary>
internal static class EtcHosts
{
    public static string Build(PodSpec spec, string hostName, IReadOnlyList<string> podIps, Func<string> nodeHosts)
    {
        var text = new StringBuilder();
        if (spec.HostNetwork)
        {
            text.Append("# Kubernetes-managed hosts file (host network).\n").Append(nodeHosts());
        }
        else
        {
            text.Append("# Kubernetes-managed hosts file.\n")
                .Append("127.0.0.1\tlocalhost\n")
                .Append("::1\tlocalhost ip6-localhost ip6-loopback\n")
                .Append("fe00::0\tip6-localnet\n")
                .Append("fe00::0\tip6-mcastprefix\n")
                .Append("fe00::1\tip6-allnodes\n")
                .Append("fe00::2\tip6-allrouters\n");
            foreach (var ip in podIps)
            {
                text.Append(ip).Append('\t').Append(hostName).Append('\n');
            }
        }

        if (spec.HostAliases.Count > 0)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in spec.HostAliases)
            {
                text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames).Append('\n');
            }
        }

        return text.ToString();
    }
}
