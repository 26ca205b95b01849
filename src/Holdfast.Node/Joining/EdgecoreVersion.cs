using Holdfast.Node.Programs;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Joining;

/// <summary>
/// Which KubeEdge an edgecore is of. edgecore itself is never asked: 1.23 ignores <c>--version</c> and starts, rewrites its
/// file and registers the node.
/// </summary>
internal static class EdgecoreVersion
{
    /// <param name="content">edgecore.yaml, in which edgecore since 1.17 leaves its version; null when there is none.</param>
    /// <param name="wanted">Version of the node document.</param>
    /// <returns>Null when only the keys of the file can tell.</returns>
    public static async Task<ProgramVersion?> FindAsync(
        Machine machine,
        byte[]? content,
        string? wanted,
        CancellationToken cancellationToken
    )
    {
        var written = YamlDocument.Parse(content ?? [], "edgecore.yaml").GetString("edgecoreVersion");
        return ProgramVersion.Find(written)
            ?? ProgramVersion.Find(wanted)
            ?? (await AskablePrograms.KeadmVersion.AskAsync(machine, cancellationToken)).Version;
    }
}
