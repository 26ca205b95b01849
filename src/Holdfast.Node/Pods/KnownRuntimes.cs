using Holdfast.Cri;
using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Pods;

/// <summary>A runtime in which this machine's daemon may have made pods.</summary>
/// <param name="Service">Its service; null for one that is only guessed from its socket.</param>
public sealed record KnownRuntime(string Name, string Socket, RuntimeKind Kind, string? Service);

/// <summary>A runtime that does not answer while pods of it live.</summary>
/// <param name="Processes">The monitors of these pods.</param>
public sealed record SilentRuntime(KnownRuntime Runtime, IReadOnlyList<int> Processes);

/// <summary>What runs on this machine, as far as its runtimes and processes tell.</summary>
/// <param name="Sandboxes">Those of every agent, in the runtimes that answer.</param>
public sealed record PodListing(IReadOnlyList<NodeSandbox> Sandboxes, IReadOnlyList<SilentRuntime> Silent);

/// <summary>
/// Every runtime in which this machine's daemon may have made pods: those of the document in force and of those applied
/// before it, and whatever listens where runtimes usually do. A document that is broken or gone is no obstacle. Owns its
/// endpoints; for one command at a time.
/// </summary>
public sealed class KnownRuntimes : IAsyncDisposable
{
    private static readonly KnownRuntime[] Defaults =
    [
        new("containerd", "/run/containerd/containerd.sock", RuntimeKind.Containerd, "containerd"),
        new("crio", "/run/crio/crio.sock", RuntimeKind.Crio, "crio"),
    ];

    /// <summary>From its start to its first answer, with many containers to find again on a slow machine.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(200);

    private readonly Machine machine;
    private readonly IReadOnlyList<(KnownRuntime Runtime, RuntimeEndpoint Endpoint)> runtimes;

    private KnownRuntimes(Machine machine, IReadOnlyList<KnownRuntime> runtimes, IReadOnlyList<EdgeNodeSpec> documents)
    {
        this.machine = machine;
        this.runtimes =
        [
            .. runtimes.Select(runtime =>
                (
                    runtime,
                    new RuntimeEndpoint(
                        new RuntimeEndpointOptions(runtime.Name, runtime.Socket),
                        machine.Time,
                        machine.Logs
                    )
                )
            ),
        ];
        Documents = documents;
    }

    /// <summary>The document in force first, then those applied before it, the newest first; those that can be read.</summary>
    public IReadOnlyList<EdgeNodeSpec> Documents { get; }

    /// <summary>Connects to nothing yet. Null where Holdfast never changed anything: then it never ran a pod.</summary>
    public static async Task<KnownRuntimes?> OpenAsync(Machine machine, CancellationToken cancellationToken)
    {
        var paths = machine.Paths;
        var files = new AppliedDocuments(paths)
            .List()
            .Reverse()
            .Prepend(paths.NodeDocument)
            .Where(File.Exists)
            .ToArray();
        if (files.Length == 0 && !ChangeJournal.Exists(paths))
        {
            return null;
        }

        var documents = new List<EdgeNodeSpec>();
        foreach (var file in files)
        {
            var bytes = await File.ReadAllBytesAsync(file, cancellationToken);
            if (NodeDocument.Parse(bytes, file, Environment.MachineName).Spec is { } spec)
            {
                documents.Add(spec);
            }
        }

        var known = documents
            .SelectMany(document => document.Runtimes)
            .Select(r => new KnownRuntime(r.Name, PodMonitor.RealPath(r.Socket), r.Kind, r.Service))
            .Concat(documents.Count == 0 ? Defaults : [])
            .Concat(ListUsual())
            .DistinctBy(runtime => runtime.Socket)
            .ToArray();
        return new KnownRuntimes(machine, known, documents);
    }

    /// <exception cref="CriException">A runtime of a document runs and does not tell what it has.</exception>
    public async Task<PodListing> ListAsync(CancellationToken cancellationToken)
    {
        var sandboxes = new List<NodeSandbox>();
        var silent = new List<SilentRuntime>();
        var monitors = PodMonitor.List();
        foreach (var (runtime, endpoint) in runtimes)
        {
            try
            {
                if (await NodeSandbox.TryListAsync(endpoint, cancellationToken) is { } found)
                {
                    sandboxes.AddRange(found);
                }
                else if (runtime.Service is not null && ListMonitors(runtime, monitors) is { Length: > 0 } alive)
                {
                    silent.Add(new SilentRuntime(runtime, alive));
                }
            }
            catch (CriException) when (runtime.Service is null)
            {
                // Whatever listens there, it is not known to be a runtime.
            }
        }

        return new PodListing(sandboxes, silent);
    }

    /// <summary>Starts a runtime whose pods live without it, and waits until it tells of them.</summary>
    /// <exception cref="NodeException">RuntimeFailed: it does not start, or does not answer.</exception>
    public async Task StartAsync(SilentRuntime silent, CancellationToken cancellationToken)
    {
        var endpoint = runtimes.First(known => known.Runtime == silent.Runtime).Endpoint;
        try
        {
            await machine.Services.RestartKnownAsync(silent.Runtime.Service!, cancellationToken);
        }
        catch (NodeException failure)
        {
            throw CannotStop(silent, failure.Message, failure);
        }

        var since = machine.Time.GetTimestamp();
        while (await FindFaultAsync(endpoint, cancellationToken) is { } fault)
        {
            if (machine.Time.GetElapsedTime(since) > StartLimit)
            {
                throw CannotStop(silent, fault, null);
            }

            await Task.Delay(PollPause, machine.Time, cancellationToken);
        }
    }

    /// <summary>Why a runtime that was just started does not tell of its pods; containerd answers before it is ready to.</summary>
    private static async Task<string?> FindFaultAsync(RuntimeEndpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await NodeSandbox.TryListAsync(endpoint, cancellationToken) is null
                ? $"it does not answer within {StartLimit.TotalSeconds} s"
                : null;
        }
        catch (CriException failure)
        {
            return failure.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, endpoint) in runtimes)
        {
            await endpoint.DisposeAsync();
        }
    }

    private static int[] ListMonitors(KnownRuntime runtime, IReadOnlyList<PodMonitor> monitors) =>
        [
            .. monitors
                .Where(m => runtime.Kind == RuntimeKind.Crio ? m.Socket is null : m.Socket == runtime.Socket)
                .Select(monitor => monitor.ProcessId),
        ];

    private static NodeException CannotStop(SilentRuntime silent, string cause, Exception? inner) =>
        new(
            NodeReason.RuntimeFailed,
            $"cannot stop the pods of {silent.Runtime.Name}: it does not run while they live on "
                + $"(process {string.Join(", ", silent.Processes)}), and it cannot be started: {cause}; "
                + "start it, or end these processes, and run the same command again",
            inner
        );

    private static IEnumerable<KnownRuntime> ListUsual() =>
        Directory
            .EnumerateDirectories("/run")
            .SelectMany(directory =>
                new[]
                {
                    (Socket: $"{directory}/containerd.sock", Kind: RuntimeKind.Containerd),
                    (Socket: $"{directory}/crio.sock", Kind: RuntimeKind.Crio),
                }
            )
            .Where(usual => File.Exists(usual.Socket))
            .Select(usual => new KnownRuntime(
                Path.GetFileName(Path.GetDirectoryName(usual.Socket)!),
                usual.Socket,
                usual.Kind,
                Service: null
            ));
}
