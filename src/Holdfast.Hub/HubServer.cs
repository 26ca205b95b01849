using Holdfast.Hub.Controllers;
using Holdfast.Hub.Discovery;
using Holdfast.Hub.Http;
using Holdfast.Hub.Logs;
using Holdfast.Hub.Pki;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Streams;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub;

/// <summary>
/// The Kubernetes API over a store, with the controllers that Kubernetes runs beside it. Started and stopped once; the
/// store stays the caller's.
/// </summary>
public sealed class HubServer : IAsyncDisposable
{
    /// <summary>How often certificates are looked at; a clock that is set makes them old from one moment to the next.</summary>
    private static readonly TimeSpan RenewalEvery = TimeSpan.FromMinutes(1);

    /// <summary>Open requests (watches above all) get this long to end when the Hub stops.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(2);

    private readonly HubOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly HubCertificates certificates;
    private readonly HubListener listener;
    private readonly ControllerSet controllers;
    private readonly StreamRuntimes streamRuntimes = new();
    private Task background = Task.CompletedTask;
    private int disposed;

    public HubServer(
        ObjectStore store,
        HubOptions options,
        IPodStreams streams,
        TimeProvider clock,
        ILoggerFactory loggers
    )
    {
        this.options = options;
        this.clock = clock;
        logger = loggers.CreateLogger<HubServer>();
        var objects = new ObjectAccess(store, clock);
        certificates = new HubCertificates(options, clock, logger);
        var endpoint = new ApiEndpoint(
            ResourceTable.Kubernetes,
            objects,
            new PodLogReader(options.Paths),
            new StreamVerbs(streams, new StreamBridge(streamRuntimes, clock)),
            new DiscoveryPages(ResourceTable.Kubernetes),
            logger,
            stopping.Token
        );
        listener = new HubListener(options, certificates, RenewAsync, endpoint.HandleAsync, loggers);
        controllers = new ControllerSet(objects, ResourceTable.Kubernetes, options.NodeName, logger);
    }

    /// <summary>The TCP port of the API, once started.</summary>
    public int Port => listener.Port;

    /// <summary>Returns when both doors are open, the namespaces exist and the kubeconfig is written.</summary>
    /// <exception cref="HubException">The Hub does not run.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await certificates.LoadAsync(ct);
        await controllers.PrepareAsync(ct);
        await listener.StartAsync(ct);
        await WriteKubeconfigAsync(ct);
        background = Task.WhenAll(controllers.RunAsync(stopping.Token), KeepRenewedAsync(stopping.Token));
        HubLog.Listening(logger, $"https://{options.ListenAddress}:{Port}", options.Paths.HubSocket);
    }

    /// <summary>Ends all requests and controllers. May be called when the start failed, and twice.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        using var limit = new CancellationTokenSource(StopWithin, clock);
        await listener.StopAsync(limit.Token);
        await background;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        await StopAsync();
        await listener.DisposeAsync();
        streamRuntimes.Dispose();
        stopping.Dispose();
    }

    private Task WriteKubeconfigAsync(CancellationToken ct) =>
        AdminKubeconfig.WriteAsync(
            options.Paths.AdminKubeconfig,
            $"https://{options.ListenAddress}:{Port}",
            options.NodeName,
            certificates.Authority,
            certificates.Admin,
            ct
        );

    private async Task KeepRenewedAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(RenewalEvery, clock);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(ct);
                await RenewAsync(ct);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A renewal that fails is logged; whoever asks goes on with the certificates that there are.</summary>
    private async Task RenewAsync(CancellationToken ct)
    {
        try
        {
            if (await certificates.LoadAsync(ct))
            {
                await WriteKubeconfigAsync(ct);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            HubLog.RenewalFailed(logger, e);
        }
    }
}
