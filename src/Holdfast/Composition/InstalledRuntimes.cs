using Holdfast.Cri;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Terminal;

namespace Holdfast.Composition;

/// <summary>
/// Every runtime in which this machine's daemon may have made pods: those of the document that <c>up</c> installed and,
/// since people edit that file and runtimes go from it, whatever listens where runtimes usually do. Owns its endpoints; for
/// one command at a time.
/// </summary>
internal sealed class InstalledRuntimes : IAsyncDisposable
{
    private readonly NodePaths paths;
    private readonly IReadOnlyList<RuntimeEndpoint> known;
    private readonly IReadOnlyList<RuntimeEndpoint> usual;

    private InstalledRuntimes(
        NodePaths paths,
        IReadOnlyList<RuntimeEndpoint> known,
        IReadOnlyList<RuntimeEndpoint> usual
    )
    {
        this.paths = paths;
        this.known = known;
        this.usual = usual;
    }

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

        var installed = await ReadAsync(paths, cancellationToken);
        var sockets = installed.Select(runtime => RealPath(runtime.Socket)).ToHashSet();
        return new InstalledRuntimes(
            paths,
            [.. installed.Select(runtime => Connect(runtime.Name, runtime.Socket))],
            [.. ListUsual().Where(runtime => !sockets.Contains(runtime.Socket)).Select(r => Connect(r.Name, r.Socket))]
        );

        RuntimeEndpoint Connect(string name, string socket) =>
            new(new RuntimeEndpointOptions(name, socket), machine.Time, machine.Logs);
    }

    /// <summary>The sandboxes of this machine's daemon in all of them.</summary>
    /// <exception cref="CriException">A runtime of the document runs and does not tell what it has.</exception>
    public async Task<IReadOnlyList<OwnSandbox>> ListSandboxesAsync(CancellationToken cancellationToken)
    {
        var found = new List<OwnSandbox>(await OwnSandboxes.ListAsync(known, paths, cancellationToken));
        foreach (var guess in usual)
        {
            try
            {
                found.AddRange(await OwnSandboxes.ListAsync([guess], paths, cancellationToken));
            }
            catch (CriException)
            {
                // Whatever listens there, it is not known to be a runtime.
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in known.Concat(usual))
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
