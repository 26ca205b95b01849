using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Holdfast.Document;
using Holdfast.Node.Programs;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Joining;

/// <summary>
/// What edgecore.yaml has to say of the runtime, in the keys that its version reads; docs/clusters.md has the table.
/// All else, comments included, stays.
/// </summary>
internal sealed partial class EdgecoreConfig(ClusterNode node, KubeEdgeCluster cluster)
{
    private const string CniConfigDirectory = "/etc/cni/net.d";

    /// <summary>Minutes: KubeEdge's own default in every version.</summary>
    private const int DefaultTimeout = 2;

    /// <summary>
    /// Minutes up to which a number in an old file is believed. Its comment says seconds and the code multiplies by
    /// minutes, so that people have written 120.
    /// </summary>
    private const int LongestBelieved = 15;

    /// <summary>
    /// Which KubeEdge an edgecore is of: its file says so since 1.17, or the document, or keadm. edgecore itself is never asked:
    /// 1.23 ignores <c>--version</c> and starts, rewrites its file and registers the node.
    /// </summary>
    /// <returns>Null when only the keys of the file can tell.</returns>
    public async Task<ProgramVersion?> FindVersionAsync(
        Machine machine,
        byte[]? content,
        CancellationToken cancellationToken
    )
    {
        var written = YamlDocument.Parse(content ?? [], cluster.EdgecoreConfig).GetString("edgecoreVersion");
        return ProgramVersion.Find(written)
            ?? ProgramVersion.Find(cluster.Version)
            ?? (await AskablePrograms.KeadmVersion.AskAsync(machine, cancellationToken)).Version;
    }

    /// <summary>A fixed point of itself.</summary>
    /// <exception cref="NodeException">The file is not an edgecore.yaml of a version that is known.</exception>
    public byte[] Edit(byte[]? current, ProgramVersion? edgecore)
    {
        var document = YamlDocument.Parse(current ?? [], cluster.EdgecoreConfig);
        return (
            document.GetString("apiVersion") switch
            {
                "edgecore.config.kubeedge.io/v1alpha1" => EditOld(document),
                "edgecore.config.kubeedge.io/v1alpha2" => EditTailored(document, edgecore),
                var other => throw new NodeException(
                    NodeReason.FileNotUnderstood,
                    $"cannot edit {cluster.EdgecoreConfig}: its apiVersion is {other ?? "missing"}, and this program knows "
                        + "edgecore.config.kubeedge.io/v1alpha1 and v1alpha2 (KubeEdge 1.3 and later); is it the right file?"
                ),
            }
        ).ToUtf8();
    }

    private static string[] Edged(params string[] keys) => ["modules", "edged", .. keys];

    /// <summary>1.3 to 1.11: everything stands in modules.edged.</summary>
    private YamlDocument EditOld(YamlDocument document) =>
        SetEndpoints(document)
            .Set(Edged("runtimeType"), "remote")
            .Set(Edged("runtimeRequestTimeout"), OldTimeout(document))
            .Set(Edged("podSandboxImage"), node.SandboxImage)
            .Set(Edged("cgroupDriver"), node.CgroupDriverName)
            .Set(Edged("cniConfDir"), CniConfigDirectory)
            .Set(Edged("cniBinDir"), node.CniPluginDirectory);

    /// <summary>1.12 and later: the kubelet's own keys below tailoredKubeletConfig, the endpoints there since 1.18.</summary>
    private YamlDocument EditTailored(YamlDocument document, ProgramVersion? edgecore)
    {
        document = document
            .Set(Edged("podSandboxImage"), node.SandboxImage)
            .Set(Edged("tailoredKubeletConfig", "cgroupDriver"), node.CgroupDriverName)
            .Set(Edged("tailoredKubeletConfig", "runtimeRequestTimeout"), TailoredTimeout(document));
        var readsOldKeys = edgecore is { } version
            ? !version.IsAtLeast(1, 18)
            : document.Get(Edged("remoteRuntimeEndpoint")) is not null
                || document.Get(Edged("tailoredKubeletConfig", "containerRuntimeEndpoint")) is null;
        var readsNewKeys =
            edgecore?.IsAtLeast(1, 16)
            ?? (document.Get(Edged("tailoredKubeletConfig", "containerRuntimeEndpoint")) is not null);
        // A stale key of an older version misleads people, even where edgecore does not read it.
        if (readsOldKeys || document.Get(Edged("remoteRuntimeEndpoint")) is not null)
        {
            document = SetEndpoints(document);
        }
        if (document.Get(Edged("containerRuntime")) is not null || edgecore is { } old && !old.IsAtLeast(1, 14))
        {
            document = document.Set(Edged("containerRuntime"), "remote");
        }
        if (readsNewKeys || !readsOldKeys)
        {
            document = document
                .Set(Edged("tailoredKubeletConfig", "containerRuntimeEndpoint"), node.Endpoint)
                .Set(Edged("tailoredKubeletConfig", "imageServiceEndpoint"), node.Endpoint);
        }
        // Keys of Docker's shim and of v1alpha1 that were kept when the file was raised: this edgecore ignores them, people do not.
        document = SetIfThere(document, "cniConfDir", CniConfigDirectory);
        document = SetIfThere(document, "cniBinDir", node.CniPluginDirectory);
        document = SetIfThere(document, "cgroupDriver", node.CgroupDriverName);
        document = SetIfThere(document, "runtimeType", "remote");
        return SetIfThere(document, "runtimeRequestTimeout", OldTimeout(document));
    }

    private YamlDocument SetEndpoints(YamlDocument document) =>
        document.Set(Edged("remoteRuntimeEndpoint"), node.Endpoint).Set(Edged("remoteImageEndpoint"), node.Endpoint);

    private static YamlDocument SetIfThere(YamlDocument document, string key, JsonNode value) =>
        document.Get(Edged(key)) is null ? document : document.Set(Edged(key), value);

    private long OldTimeout(YamlDocument document) =>
        cluster.RuntimeRequestTimeout
        ?? (
            document.Get(Edged("runtimeRequestTimeout")) is JsonValue kept
            && kept.TryGetValue<long>(out var minutes)
            && minutes is > 0 and <= LongestBelieved
                ? minutes
                : DefaultTimeout
        );

    /// <summary>A duration as Go writes it; a bare number would be nanoseconds.</summary>
    private string TailoredTimeout(YamlDocument document)
    {
        var present = document.GetString("modules", "edged", "tailoredKubeletConfig", "runtimeRequestTimeout");
        if (cluster.RuntimeRequestTimeout is { } minutes)
        {
            return present is not null && Minutes(present) == minutes ? present : $"{minutes}m0s";
        }
        return present is not null && Minutes(present) > 0 ? present : $"{DefaultTimeout}m0s";
    }

    private static double Minutes(string duration)
    {
        var match = DurationPattern().Match(duration);
        return match.Success
            ? (60 * Number(match, "hours")) + Number(match, "minutes") + (Number(match, "seconds") / 60)
            : 0;
    }

    private static double Number(Match match, string group) =>
        match.Groups[group].Success ? double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"^(?:(?<hours>\d{1,6})h)?(?:(?<minutes>\d{1,6})m)?(?:(?<seconds>\d{1,6}(?:\.\d{1,9})?)s)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex DurationPattern();
}
