using System.Diagnostics;
using Holdfast.Benchmarks.Daemon;
using Holdfast.Benchmarks.Machine;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Benchmarks;

/// <summary>
/// A node of its own on this machine: private directories, containerd and bridge. Disposing it ends what it started and
/// removes what it made. Not thread-safe.
/// </summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private static readonly TimeSpan CleaningPatience = TimeSpan.FromMinutes(2);

    private readonly string _root;
    private readonly bool _keep;
    private readonly PrivateContainerd _containerd;

    private BenchNode(BenchOptions options, string root, PrivateContainerd containerd)
    {
        (_root, _keep, _containerd) = (root, options.Keep, containerd);
        var paths = new NodePaths(Path.Join(root, "node"));
        var document = Path.Join(root, "node.yaml");
        File.WriteAllText(
            document,
            $$"""
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            metadata: { name: bench }
            spec:
              runtimes:
                - name: bench
                  kind: containerd
                  install: { present: {} }
                  cgroupDriver: cgroupfs
                  socket: {{containerd.Socket}}
                  handlers: [{ name: runc, kind: runc }]
            """
        );
        Runtime = new RuntimeEndpoint(
            new RuntimeEndpointOptions("bench", containerd.Socket) { Handlers = ["runc"] },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        Hub = new HubClient(paths.HubSocket);
        Daemon = new DaemonProcess(options.Program, paths, document, Path.Join(root, "daemon.log"));
        RawLogs = Path.Join(root, "raw-logs");
    }

    public RuntimeEndpoint Runtime { get; }

    public HubClient Hub { get; }

    public DaemonProcess Daemon { get; }

    public string RawLogs { get; }

    public static async Task<BenchNode> StartAsync(BenchOptions options, CancellationToken ct)
    {
        var root = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        var containerd = await PrivateContainerd.StartAsync(root, ct);
        var node = new BenchNode(options, root, containerd);
        await node.Runtime.ConnectAsync(ct);
        return node;
    }

    /// <summary>Waits until the runtime has that many sandboxes, so that one measurement's cleaning does not disturb the next.</summary>
    public async Task WhenSandboxesAsync(int count, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while ((await Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), ct)).Items.Count != count)
        {
            if (Stopwatch.GetElapsedTime(started) > CleaningPatience)
                throw new TimeoutException("deleted pods keep their sandboxes");
            await Task.Delay(20, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Hub.Dispose();
        Daemon.Dispose();
        using var patience = new CancellationTokenSource(CleaningPatience);
        var sandboxes = await Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), patience.Token);
        await Parallel.ForEachAsync(
            sandboxes.Items,
            patience.Token,
            async (sandbox, ct) =>
            {
                await Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, ct);
                await Runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, ct);
            }
        );
        await Runtime.DisposeAsync();
        await _containerd.DisposeAsync();
        if (_keep)
            Console.Error.WriteLine($"bench: the daemon's log and all else is in {_root}");
        else
            Directory.Delete(_root, recursive: true);
    }
}
