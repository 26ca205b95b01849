using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Node.Programs;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Joining;

/// <summary>
/// What the kubelet's files shall say of the runtime. Flags win over the configuration file, so a flag that says
/// something else is corrected wherever it stands. Pure.
/// </summary>
internal static partial class KubeletFiles
{
    public const string ConfigFile = "/var/lib/kubelet/config.yaml";

    /// <summary>Written by kubeadm since 1.36: what <c>kubeadm upgrade node</c> merges into the file above again.</summary>
    public const string InstanceConfigFile = "/var/lib/kubelet/instance-config.yaml";

    /// <summary>Written by kubeadm: <c>KUBELET_KUBEADM_ARGS="--flag=value ..."</c>.</summary>
    public const string KubeadmFlags = "/var/lib/kubelet/kubeadm-flags.env";

    /// <summary>For people: <c>KUBELET_EXTRA_ARGS=...</c>, which comes after kubeadm's and wins. Debian's place, then Red Hat's.</summary>
    public static readonly string[] ExtraFlags = ["/etc/default/kubelet", "/etc/sysconfig/kubelet"];

    public static byte[] EditConfig(byte[]? current, ClusterNode node, ProgramVersion? kubelet)
    {
        var document = YamlDocument.Parse(current ?? [], ConfigFile).Set(["cgroupDriver"], node.CgroupDriverName);
        // Before 1.27 the key is unknown, and the kubelet does not start with unknown keys.
        var knowsEndpoint = kubelet?.IsAtLeast(1, 27) ?? document.Get("containerRuntimeEndpoint") is not null;
        return (knowsEndpoint ? document.Set(["containerRuntimeEndpoint"], node.Endpoint) : document).ToUtf8();
    }

    /// <summary>Only what is in it is corrected.</summary>
    public static byte[] EditInstanceConfig(byte[]? current, ClusterNode node)
    {
        var document = YamlDocument.Parse(current ?? [], InstanceConfigFile);
        return (
            document.Get("containerRuntimeEndpoint") is null
                ? document
                : document.Set(["containerRuntimeEndpoint"], node.Endpoint)
        ).ToUtf8();
    }

    /// <summary>kubeadm's flags: before 1.27 they are where the endpoint is said.</summary>
    public static byte[] EditKubeadmFlags(byte[]? current, ClusterNode node, ProgramVersion? kubelet)
    {
        var text = Correct(ByteText.Read(current), node);
        if (kubelet is { } version && !version.IsAtLeast(1, 27))
        {
            text = Require(text, "container-runtime-endpoint", node.Endpoint);
            if (!version.IsAtLeast(1, 24))
            {
                text = Require(text, "container-runtime", "remote");
            }
        }
        return ByteText.Write(text);
    }

    public static byte[] EditExtraFlags(byte[]? current, ClusterNode node) =>
        ByteText.Write(Correct(ByteText.Read(current), node));

    private static string Correct(string text, ClusterNode node)
    {
        text = Replace(text, "container-runtime-endpoint", node.Endpoint);
        text = Replace(text, "image-service-endpoint", node.Endpoint);
        text = Replace(text, "cgroup-driver", node.CgroupDriverName);
        return Replace(text, "container-runtime", "remote");
    }

    /// <summary>Gives a flag another value wherever it stands outside of comments, in the form in which it stands.</summary>
    private static string Replace(string text, string flag, string value) =>
        FlagPattern()
            .Replace(
                text,
                match =>
                    match.Groups["name"].Value == flag && !IsInComment(text, match.Index)
                        ? $"{match.Groups["head"].Value}{value}"
                        : match.Value
            );

    private static bool IsInComment(string text, int position) =>
        text.AsSpan(text.AsSpan(0, position).LastIndexOf('\n') + 1).TrimStart(" \t") is ['#', ..];

    private static string Require(string text, string flag, string value)
    {
        var isThere = FlagPattern()
            .Matches(text)
            .Any(match => match.Groups["name"].Value == flag && !IsInComment(text, match.Index));
        if (isThere)
        {
            return Replace(text, flag, value);
        }
        var line = KubeadmArgumentsPattern().Match(text);
        if (line.Success)
        {
            var flags = line.Groups["flags"];
            var written =
                flags.Value.Trim().Length == 0 ? $"--{flag}={value}" : $"{flags.Value.TrimEnd()} --{flag}={value}";
            return string.Concat(
                text.AsSpan(0, line.Index),
                $"KUBELET_KUBEADM_ARGS=\"{written}\"",
                text.AsSpan(line.Index + line.Length)
            );
        }
        var head = text.Length == 0 || text.EndsWith('\n') ? text : text + "\n";
        return $"{head}KUBELET_KUBEADM_ARGS=\"--{flag}={value}\"\n";
    }

    /// <summary>A flag with its value, after an equals sign or a blank.</summary>
    [GeneratedRegex(
        """(?<head>--(?<name>container-runtime-endpoint|image-service-endpoint|container-runtime|cgroup-driver)(?:=|\s+))(?<value>[^\s"']+)""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex FlagPattern();

    [GeneratedRegex(
        """^KUBELET_KUBEADM_ARGS=(?<quote>["']?)(?<flags>[^"'\r\n]*)\k<quote>""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex KubeadmArgumentsPattern();
}
