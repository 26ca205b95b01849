using System.Text;
using Holdfast.Agent;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Store;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Agent;

/// <summary>
/// A node with nothing but a store, an agent and real runtimes, all in private places. The agent can be stopped and
/// started again while its pods run on. For one test at a time.
/// </summary>
internal sealed class AgentNode : IAsyncDisposable
{
    public const string Name = "test-node";

    private readonly TemporaryDirectory directory = new("hfn");
    private readonly IReadOnlyList<PrivateContainerd> runtimes;
    private readonly string? untrustedHandler;
    private ObjectStore? store;
    private RuntimeSet? endpoints;
    private CancellationTokenSource? stop;
    private Task running = Task.CompletedTask;

    private AgentNode(IReadOnlyList<PrivateContainerd> runtimes, string? untrustedHandler)
    {
        this.runtimes = runtimes;
        this.untrustedHandler = untrustedHandler;
        Paths = new NodePaths(directory["node"]);
    }

    public NodePaths Paths { get; }

    public IReadOnlyList<PrivateContainerd> Runtimes => runtimes;

    public PrivateContainerd Runtime => runtimes[0];

    public ObjectStore Store => store!;

    public RuntimeSet Endpoints => endpoints!;

    public static async Task<AgentNode> StartAsync(params IReadOnlyList<PrivateContainerdOptions> options)
    {
        var started = new List<PrivateContainerd>();
        foreach (var option in options.Count > 0 ? options : [new PrivateContainerdOptions()])
        {
            started.Add(await PrivateContainerd.StartAsync(option));
        }

        var untrusted = options
            .SelectMany(o => o.Handlers)
            .FirstOrDefault(h => h.StartsWith("isolated", StringComparison.Ordinal));
        var node = new AgentNode(started, untrusted);
        await node.StartAgentAsync();
        return node;
    }

    /// <summary>Starts the agent (again) and waits until it knows what its runtimes have.</summary>
    public async Task StartAgentAsync()
    {
        store = await OpenStoreAsync();
        endpoints = new RuntimeSet([.. runtimes.Select(r => r.Connect())]);
        var options = new AgentOptions
        {
            NodeName = Name,
            Paths = Paths,
            UntrustedHandler = untrustedHandler,
            NodeAddress = "192.0.2.10",
            RelistInterval = TimeSpan.FromSeconds(5),
        };
        var agent = new PodAgent(store, endpoints, options, TimeProvider.System, NullLoggerFactory.Instance);
        stop = new CancellationTokenSource();
        running = agent.RunAsync(stop.Token);
        await Task.WhenAny(running, agent.WhenAdoptedAsync());
        if (running.IsCompleted)
        {
            await running;
        }
    }

    /// <summary>Ends the agent and closes its store; no pod is touched.</summary>
    public async Task StopAgentAsync()
    {
        if (stop is null)
        {
            return;
        }

        await stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        await endpoints!.DisposeAsync();
        await store!.DisposeAsync();
        stop.Dispose();
        stop = null;
    }

    public async Task CreateAsync<T>(string resource, string ns, string name, T value) =>
        await Store.CreateAsync(new ObjectKey(resource, ns, name), KubeJson.Serialize(value));

    public async Task ReplaceAsync<T>(string resource, string ns, string name, T value) =>
        await Store.UpdateAsync(
            new ObjectKey(resource, ns, name),
            _ => KubeJson.Serialize(value),
            CancellationToken.None
        );

    /// <summary>Takes a pod out of the store while no agent looks.</summary>
    public async Task RemoveObjectBehindTheAgentAsync(string name)
    {
        await using var closed = await OpenStoreAsync();
        await closed.DeleteAsync(new ObjectKey(ResourceNames.Pods, "default", name), null);
    }

    public Task AddConfigMapAsync(string name, params (string Key, string Value)[] data) =>
        CreateAsync(
            ResourceNames.ConfigMaps,
            "default",
            name,
            new ConfigMap { Data = data.ToDictionary(d => d.Key, d => d.Value) }
        );

    public Task AddRuntimeClassAsync(string name, string handler) =>
        CreateAsync(
            ResourceNames.RuntimeClasses,
            "",
            name,
            new RuntimeClass
            {
                Metadata = new() { Name = name },
                Handler = handler,
            }
        );

    /// <summary>Creates a pod that is already bound to this node.</summary>
    public async Task<TestPod> RunAsync(string name, PodSpec spec, Dictionary<string, string>? annotations = null)
    {
        var uid = Guid.NewGuid().ToString();
        var pod = new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Namespace = "default",
                Uid = uid,
                CreationTimestamp = TimeProvider.System.GetUtcNow(),
                Labels = new Dictionary<string, string> { ["app"] = name },
                Annotations = annotations ?? [],
            },
            Spec = spec with { NodeName = Name },
        };
        await CreateAsync(ResourceNames.Pods, "default", name, pod);
        return new TestPod(this, name, uid);
    }

    public IReadOnlyList<Event> Events(string about) =>
        [
            .. Store
                .List(ResourceNames.Events)
                .Items.Select(i => KubeJson.Deserialize<Event>(i.Json.Span))
                .Where(e => e.InvolvedObject.Name == about),
        ];

    public Kube.Node? Node() =>
        Store.Get(new ObjectKey(ResourceNames.Nodes, "", Name)) is { } stored
            ? KubeJson.Deserialize<Kube.Node>(stored.Json.Span)
            : null;

    private Task<ObjectStore> OpenStoreAsync() =>
        ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = Paths.StoreDatabase },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        foreach (var runtime in runtimes)
        {
            await runtime.DisposeAsync();
        }

        foreach (var mount in MountTable.Read().Below(directory.Path))
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        directory.Dispose();
    }
}

/// <summary>One pod of an <see cref="AgentNode"/>, as a test looks at it.</summary>
internal sealed class TestPod(AgentNode node, string name, string uid)
{
    private readonly ObjectKey key = new(ResourceNames.Pods, "default", name);

    public string Uid => uid;

    public PodStatus Status => Get()?.Status ?? new PodStatus();

    public string Directory => Path.Join(node.Paths.PodsDirectory, uid);

    public string LogDirectory => Path.Join(node.Paths.PodLogsDirectory, PodLogPath.Directory("default", name, uid));

    public Pod? Get() => node.Store.Get(key) is { } stored ? KubeJson.Deserialize<Pod>(stored.Json.Span) : null;

    public async Task IsAsync(string what, Func<PodStatus, bool> condition)
    {
        try
        {
            await Eventually.IsTrueAsync($"pod {name} {what}", () => condition(Status));
        }
        catch (TimeoutException e)
        {
            var events = node.Events(name).Select(e => $"{e.Reason} x{e.Count}: {e.Message}");
            var status = Encoding.UTF8.GetString(KubeJson.Serialize(Status));
            throw new TimeoutException($"{e.Message}\n{status}\n{string.Join('\n', events)}", e);
        }
    }

    public Task IsRunningAsync() => IsAsync("runs", s => s.Conditions.Any(c => c is { Type: "Ready", Status: "True" }));

    public async Task DeleteAsync(int graceSeconds)
    {
        await node.Store.UpdateAsync(
            key,
            stored =>
            {
                var pod = KubeObject.Parse(stored.Json.Span);
                pod.DeletionTimestamp = TimeProvider.System.GetUtcNow();
                pod.DeletionGracePeriodSeconds = graceSeconds;
                return (ReadOnlyMemory<byte>)pod.ToUtf8();
            },
            CancellationToken.None
        );
    }

    public Task IsGoneAsync() => Eventually.IsTrueAsync($"pod {name} is gone", () => Get() is null);

    public string Log(string container, int attempt = 0)
    {
        var path = Path.Join(LogDirectory, container, PodLogPath.File(attempt));
        return File.Exists(path) ? string.Join('\n', File.ReadLines(path).Select(line => line.Split(' ', 4)[^1])) : "";
    }

    public Task LogsAsync(string container, string text, int attempt = 0) =>
        Eventually.IsTrueAsync(
            $"{container} of pod {name} logs {text}",
            () => Log(container, attempt).Contains(text, StringComparison.Ordinal)
        );
}

/// <summary>Containers that tests run; all of them busybox.</summary>
internal static class Busybox
{
    /// <summary>Ends with code 0 as soon as it is asked to.</summary>
    public const string Forever = "trap 'exit 0' TERM; sleep 100000 & wait";

    public static Container Run(string name, string script) =>
        new()
        {
            Name = name,
            Image = TestImages.BusyboxReference,
            Command = ["/bin/sh", "-c", script],
        };
}
