using System.Diagnostics;
using Holdfast.Benchmarks.Daemon;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.Benchmarks;

/// <summary>
/// A node of its own on this machine: private directories, containerd and bridge. Disposing it ends what it started and
/// removes what it made. Not thread-safe.
/// </summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private static readonly TimeSpan CleaningPatience = TimeSpan.FromMinutes(2);

    private readonly bool _keep;
    private readonly TemporaryDirectory _directory = new("hfbench");
    private readonly PrivateContainerd _containerd;

    private BenchNode(BenchOptions options, PrivateContainerd containerd)
    {
        (_keep, _containerd) = (options.Keep, containerd);
        var paths = new NodePaths(_directory["node"]);
        File.WriteAllText(
            _directory["node.yaml"],
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
                  socket: {{containerd.SocketPath}}
                  handlers: [{ name: runc, kind: runc }]
            """
        );
        Runtime = containerd.Connect();
        Hub = new HubClient(paths.HubSocket);
        Daemon = new NodeDaemon(options.Program, paths, _directory["node.yaml"], _directory["daemon.log"]);
        RawLogs = _directory["raw-logs"];
    }

    public RuntimeEndpoint Runtime { get; }

    public HubClient Hub { get; }

    public NodeDaemon Daemon { get; }

    public string RawLogs { get; }

    public static async Task<BenchNode> StartAsync(BenchOptions options, CancellationToken ct)
    {
        var node = new BenchNode(options, await PrivateContainerd.StartAsync());
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

    /// <summary>The runtime's own clock: sandbox begun, container created, container started.</summary>
    public async Task<(DateTimeOffset Sandbox, DateTimeOffset Created, DateTimeOffset Started)> RuntimeTimesAsync(
        string pod,
        CancellationToken ct
    )
    {
        var sandboxes = await Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), ct);
        var sandbox = sandboxes.Items.Single(item => item.Metadata.Name == pod);
        var containers = await Runtime.ListContainersAsync(
            new ListContainersRequest { Filter = new ContainerFilter { PodSandboxId = sandbox.Id } },
            ct
        );
        var status = (
            await Runtime.ContainerStatusAsync(
                new ContainerStatusRequest { ContainerId = containers.Containers.Single().Id },
                ct
            )
        ).Status;
        return (Time(sandbox.CreatedAt), Time(status.CreatedAt), Time(status.StartedAt));

        static DateTimeOffset Time(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
    }

    public async ValueTask DisposeAsync()
    {
        Hub.Dispose();
        await Daemon.DisposeAsync();
        await RemoveSandboxesAsync();
        await Runtime.DisposeAsync();
        await _containerd.DisposeAsync();
        Floor.RawPods.RemoveCgroups();
        if (_keep)
            Console.Error.WriteLine($"bench: the daemon's log and all else is in {_directory.Path}");
        else
            _directory.Dispose();
    }

    // While their runtime still runs it takes down their networks, which killing it would leave behind.
    private async Task RemoveSandboxesAsync()
    {
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
    }
}
