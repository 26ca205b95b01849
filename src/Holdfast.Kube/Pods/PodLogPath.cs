using System.Globalization;

namespace Holdfast.Kube;

/// <summary>
/// The kubelet's layout of log files, as relative names, so that every log shipper finds them. Pure and thread-safe.
/// Source: k8s.io/kubernetes pkg/kubelet/kuberuntime (BuildPodLogsDirectory, BuildContainerLogsDirectory, legacyLogSymlink).
/// </summary>
public static class PodLogPath
{
    // The kubelet cuts the part before "-CONTAINERID.log" so that the whole stays a legal file name (255 bytes).
    private const int LongestLegacyName = 250;
    private const string LogSuffix = ".log";

    /// <summary>Directory of a pod below /var/log/pods: "NS_NAME_UID".</summary>
    public static string Directory(string podNamespace, string podName, string podUid) =>
        $"{podNamespace}_{podName}_{podUid}";

    /// <summary>Directory of a container below /var/log/pods: "NS_NAME_UID/CONTAINER".</summary>
    public static string Container(string podNamespace, string podName, string podUid, string containerName) =>
        $"{Directory(podNamespace, podName, podUid)}/{containerName}";

    /// <summary>Name of the log file of one life of a container: "N.log".</summary>
    public static string File(int restartCount) => restartCount.ToString(CultureInfo.InvariantCulture) + LogSuffix;

    /// <summary>Name of the link below /var/log/containers: "POD_NS_CONTAINER-CONTAINERID.log".</summary>
    public static string LegacyLink(string podName, string podNamespace, string containerName, string containerId)
    {
        var tail = $"-{containerId}{LogSuffix}";
        var head = $"{podName}_{podNamespace}_{containerName}";
        var room = Math.Max(0, LongestLegacyName - tail.Length);
        return (head.Length > room ? head[..room] : head) + tail;
    }

    /// <summary>Splits "NS_NAME_UID" again; namespaces, names and uids contain no underscore. Null when it is something else.</summary>
    public static (string Namespace, string Name, string Uid)? ParseDirectory(string directoryName)
    {
        var parts = directoryName.Split('_');
        return parts is [{ Length: > 0 } ns, { Length: > 0 } name, { Length: > 0 } uid] ? (ns, name, uid) : null;
    }

    /// <summary>The restart count in "N.log"; null when it is another file (a rotated log, for instance).</summary>
    public static int? ParseFile(string fileName) =>
        fileName.EndsWith(LogSuffix, StringComparison.Ordinal)
        && int.TryParse(
            fileName.AsSpan(0, fileName.Length - LogSuffix.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var restartCount
        )
            ? restartCount
            : null;
}
