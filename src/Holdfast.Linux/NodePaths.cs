using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Linux;

/// <summary>
/// Every place on the machine that belongs to one node. All of them follow one root, so that several nodes can live on
/// one machine; the root of a real node is <c>/</c>. Safe from any thread.
/// </summary>
/// <param name="Root">Absolute directory below which all paths of this node lie.</param>
public sealed record NodePaths(string Root)
{
    /// <summary>The real node: <c>/etc/holdfast</c>, <c>/var/lib/holdfast</c>, <c>/run/holdfast</c>, <c>/var/log/pods</c>.</summary>
    public static NodePaths Default { get; } = new("/");

    private const int KeyLength = 16;

    /// <summary>Tells the nodes of one machine apart, fit for the value of a label; empty for the machine's own.</summary>
    public string Key { get; } =
        Path.TrimEndingDirectorySeparator(Root) is var root and not "/"
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..KeyLength]
            : "";

    public string ConfigDirectory => Path.Join(Root, "etc/holdfast");
    public string NodeDocument => Path.Join(ConfigDirectory, "node.yaml");
    public string AdminKubeconfig => Path.Join(ConfigDirectory, "admin.conf");

    public string StateDirectory => Path.Join(Root, "var/lib/holdfast");
    public string StoreDatabase => Path.Join(StateDirectory, "store.db");
    public string PkiDirectory => Path.Join(StateDirectory, "pki");
    public string ChangesDirectory => Path.Join(StateDirectory, "changes");

    /// <summary>The node documents that were applied, one file each.</summary>
    public string DocumentsDirectory => Path.Join(StateDirectory, "documents");

    /// <summary>Archives as they were fetched, verified or still on their way.</summary>
    public string DownloadsDirectory => Path.Join(StateDirectory, "downloads");

    /// <summary>Temporary files of the command that changes the machine (0700); nothing of it is needed after a crash.</summary>
    public string StagingDirectory => Path.Join(StateDirectory, "staging");

    /// <summary>What the bundle had that this node was made from.</summary>
    public string BundleIndex => Path.Join(StateDirectory, "bundle.json");

    public string PodsDirectory => Path.Join(StateDirectory, "pods");

    public string RuntimeDirectory => Path.Join(Root, "run/holdfast");
    public string HubSocket => Path.Join(RuntimeDirectory, "hub.sock");

    /// <summary>Directory of supervised services where PID 1 is not systemd.</summary>
    public string ServicesDirectory => Path.Join(RuntimeDirectory, "services");

    /// <summary>Output of supervised services.</summary>
    public string ServiceLogsDirectory => Path.Join(Root, "var/log/holdfast");

    /// <summary>The kubelet's layout: <c>NS_NAME_UID/CONTAINER/N.log</c>.</summary>
    public string PodLogsDirectory => Path.Join(Root, "var/log/pods");
    public string ContainerLogsDirectory => Path.Join(Root, "var/log/containers");
}
