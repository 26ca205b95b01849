using Holdfast.Agent.Images;
using Holdfast.Cri;

namespace Holdfast.Agent.Runtimes;

/// <summary>
/// One runtime as the agent uses it: whether it is there, its images, and how many pods may be starting in it at once.
/// Thread-safe.
/// </summary>
internal sealed class RuntimeState : IDisposable
{
    // Taking sandboxes down is unmounting and network plugins: as heavy as starting, so it has the same kind of limit.
    private const int MaxStopsInFlight = 8;

    private readonly SemaphoreSlim starts;
    private readonly SemaphoreSlim stops = new(MaxStopsInFlight);
    private readonly TaskCompletionSource firstListed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool isOnline;
    private volatile string trouble = "it has not answered yet";
    private volatile string scheme = "containerd";
    private volatile string version = "";

    public RuntimeState(RuntimeEndpoint endpoint, int maxStartsInFlight, ImageStore images)
    {
        Endpoint = endpoint;
        Images = images;
        starts = new SemaphoreSlim(maxStartsInFlight);
    }

    public RuntimeEndpoint Endpoint { get; }

    public ImageStore Images { get; }

    public string Name => Endpoint.Name;

    /// <summary>Whether it answers and everything it has was listed: before that nothing may be started, lest it starts twice.</summary>
    public bool IsOnline => isOnline;

    /// <summary>Why it is not usable; "" when it is.</summary>
    public string Trouble => trouble;

    /// <summary>The word before "://" in container ids.</summary>
    public string Scheme => scheme;

    /// <summary>As a Node shows it: <c>containerd://1.6.20</c>.</summary>
    public string Version => version;

    public void SetOnline()
    {
        trouble = "";
        isOnline = true;
        firstListed.TrySetResult();
    }

    /// <summary>Completes when the runtime was listed once, or has turned out to be away.</summary>
    public Task WhenFirstListedAsync() => firstListed.Task;

    public void SetVersion(string runtimeName, string runtimeVersion)
    {
        scheme = runtimeName;
        version = $"{runtimeName}://{runtimeVersion.TrimStart('v')}";
    }

    public void SetOffline(string cause)
    {
        isOnline = false;
        trouble = cause;
        Images.ForgetAll();
        firstListed.TrySetResult();
    }

    public Task<Place> EnterStartAsync(CancellationToken ct) => EnterAsync(starts, ct);

    public Task<Place> EnterStopAsync(CancellationToken ct) => EnterAsync(stops, ct);

    public void Dispose()
    {
        starts.Dispose();
        stops.Dispose();
    }

    private static async Task<Place> EnterAsync(SemaphoreSlim gate, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        return new Place(gate);
    }

    /// <summary>Holds one place until it is disposed.</summary>
    internal sealed class Place(SemaphoreSlim gate) : IDisposable
    {
        private SemaphoreSlim? held = gate;

        public void Dispose() => Interlocked.Exchange(ref held, null)?.Release();
    }
}
