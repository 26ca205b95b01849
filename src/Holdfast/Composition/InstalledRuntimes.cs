using Holdfast.Cri;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Spec;
using Holdfast.Terminal;

namespace Holdfast.Composition;

/// <summary>
/// Every runtime in which this machine's daemon may have made pods: those of the document that <c>up</c> installed and,
/// since people edit that file and runtimes go from it, whatever listens where runtimes usually do. Owns its endpoints; for
/// one command at a time.
/// </summary>
internal sealed class InstalledRuntimes : IAsyncDisposable
{
    private InstalledRuntimes(IReadOnlyList<RuntimeEndpoint> endpoints)
    {
        Endpoints = endpoints;
    }

    public IReadOnlyList<RuntimeEndpoint> Endpoints { get; }

    /// <summary>Connects to nothing yet. Null where no document was ever installed: then Holdfast never ran a pod here.</summary>
    public static async Task<InstalledRuntimes?> OpenAsync(
        NodePaths paths,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        if (!File.Exists(paths.NodeDocument))
        {
            return null;
        }

        var known = (await ReadAsync(paths, cancellationToken)).Select(runtime => (runtime.Name, runtime.Socket));
        // A node below another root is a private one; what listens at the usual places is not its own.
        var usual = paths.Root == NodePaths.Default.Root ? ListUsual() : [];
        var endpoints = known
            .Concat(usual)
            .DistinctBy(runtime => RealPath(runtime.Socket))
            .Select(runtime => new RuntimeEndpoint(
                new RuntimeEndpointOptions(runtime.Name, runtime.Socket),
                machine.Time,
                machine.Logs
            ));
        return new InstalledRuntimes([.. endpoints]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in Endpoints)
        {
            await endpoint.DisposeAsync();
        }
    }

    /// <summary><c>/var/run</c> is a link to <c>/run</c> everywhere, and people write either.</summary>
    public static string RealPath(string socket) =>
        socket.StartsWith("/var/run/", StringComparison.Ordinal) ? socket["/var".Length..] : socket;

    private static async Task<IReadOnlyList<RuntimeSpec>> ReadAsync(
        NodePaths paths,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await NodeDocuments.LoadAsync(paths.NodeDocument, paths, cancellationToken)).Spec.Runtimes;
        }
        catch (CommandException broken) when (broken.ExitCode == ExitCode.BadDocument)
        {
            // Taking everything back must not hang on a file that somebody has edited since.
            return [];
        }
    }

    private static IEnumerable<(string Name, string Socket)> ListUsual() =>
        Directory
            .EnumerateDirectories("/run")
            .SelectMany(directory => new[] { $"{directory}/containerd.sock", $"{directory}/crio.sock" })
            .Where(File.Exists)
            .Select(socket => (Path.GetFileName(Path.GetDirectoryName(socket)!), socket));
}
