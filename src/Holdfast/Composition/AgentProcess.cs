using Holdfast.Agent;
using Holdfast.Agent.Streams;
using Holdfast.Document;
using Holdfast.Hub;
using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Composition;

/// <summary>
/// The daemon: store, runtimes, agent and hub of one node in one process. They know nothing of each other but the store.
/// Stopping it stops no pod, unless the machine itself goes down. Run once per process.
/// </summary>
internal static class AgentProcess
{
    public static async Task RunAsync(
        LoadedDocument document,
        NodePaths paths,
        TimeSpan checkEvery,
        ILoggerFactory logs,
        CancellationToken cancellationToken
    )
    {
        var time = TimeProvider.System;
        var spec = document.Spec;
        var log = logs.CreateLogger("Holdfast.Daemon");
        MakeDirectories(paths);

        // Looking at the machine runs other programs; it is done when the agent needs it.
        var lookingAround = MachineFacts.ReadAsync(NodeContext.CreateMachine(paths, logs), cancellationToken);

        // 1. The store first: it also keeps a second daemon of the same node away.
        await using var store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = paths.StoreDatabase },
            time,
            logs,
            cancellationToken
        );

        if (spec.Cluster.IsStandalone)
        {
            await RuntimeClasses.EnsureAsync(spec, store, time, cancellationToken);
        }

        // 2. The runtimes. They connect by themselves, now or when they are there.
        await using var runtimes = NodeRuntimes.Create(spec, time, logs);

        // 3. The door and the agent, side by side: neither needs the other, and a restarted node is to know its pods soon.
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hubOptions = new HubOptions(spec.Name, paths) { Port = PortOf(paths) };
        await using var hub = new HubServer(store, hubOptions, new PodStreams(runtimes, spec.Name), time, logs);
        var opening = Task.Run(() => hub.StartAsync(cancellationToken), cancellationToken);
        var running = Task.Run(
            async () =>
            {
                var options = AgentOptionsOf(spec, paths, await lookingAround) with
                {
                    FindDrift = new DriftCheck(paths, document.File).FindAsync,
                    DriftInterval = checkEvery,
                };
                await new PodAgent(store.InLane(WriteLane.Agent), runtimes, options, time, logs).RunAsync(
                    lifetime.Token
                );
            },
            cancellationToken
        );
        try
        {
            await opening;
            DaemonLog.Started(log, spec.Name, hub.Port);
            await running;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Said below, when it is known whether the pods run on.
        }
        finally
        {
            // Also when the door does not open (its port is taken): a node that nobody can talk to runs no pods.
            await lifetime.CancelAsync();
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            if (await MachineShutdown.IsUnderWayAsync(log))
            {
                await MachineShutdown.StopPodsAsync(runtimes, store, paths, log);
            }
            else
            {
                DaemonLog.Stopping(log);
            }
        }

        // 4. Backwards: the hub ends its watches before the store closes (await using, in reverse order).
    }

    private static AgentOptions AgentOptionsOf(EdgeNodeSpec spec, NodePaths paths, MachineFacts facts) =>
        new()
        {
            NodeName = spec.Name,
            Paths = paths,
            NodeLabels = spec.NodeLabels,
            CgroupDriver = NodeCgroupDriver.Resolve(spec, facts) switch
            {
                Node.Runtimes.CgroupDriver.Systemd => Agent.CgroupDriver.Systemd,
                _ => Agent.CgroupDriver.Cgroupfs,
            },
            UntrustedHandler = spec.Untrusted.Handler,
        };

    /// <summary>The machine's own node has the well-known port; a node below another root takes a free one (see its kubeconfig).</summary>
    private static int PortOf(NodePaths paths) =>
        paths.Root == NodePaths.Default.Root ? HubOptions.DefaultPort : HubOptions.AnyFreePort;

    private static void MakeDirectories(NodePaths paths)
    {
        const UnixFileMode onlyRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.StateDirectory, onlyRoot);
        Directory.CreateDirectory(paths.PodsDirectory, onlyRoot);
        Directory.CreateDirectory(paths.RuntimeDirectory, onlyRoot);
        Directory.CreateDirectory(paths.ConfigDirectory);
        Directory.CreateDirectory(paths.PodLogsDirectory);
        Directory.CreateDirectory(paths.ContainerLogsDirectory);
    }
}

/// <summary>Log messages of the daemon as a whole.</summary>
internal static partial class DaemonLog
{
    [LoggerMessage(1, LogLevel.Information, "node {Node} answers on port {Port}")]
    public static partial void Started(ILogger logger, string node, int port);

    [LoggerMessage(2, LogLevel.Information, "stopping; the pods run on")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "the machine goes down; stopping {Count} pods")]
    public static partial void StoppingPods(ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Warning, "cannot tell whether the machine goes down, so the pods run on: {Cause}")]
    public static partial void ShutdownUnknown(ILogger logger, string cause);

    [LoggerMessage(4, LogLevel.Warning, "cannot stop every pod before the machine goes down: {Cause}")]
    public static partial void PodsNotStopped(ILogger logger, string cause);
}
