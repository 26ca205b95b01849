using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Store;

namespace Holdfast.Hub.Tests;

/// <summary>
/// Plays the agent's part at the store, without containers: registers the node, makes pods ready, writes their logs, and
/// removes pods that are to go. What it does not do is what the tests of the real agent are for.
/// </summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly ObjectStore store;
    private readonly NodePaths paths;
    private readonly string nodeName;
    private readonly CancellationTokenSource stop = new();
    private readonly Task run;
    private int addresses = 1;

    public FakeAgent(ObjectStore store, NodePaths paths, string nodeName)
    {
        this.store = store;
        this.paths = paths;
        this.nodeName = nodeName;
        run = Task.Run(RunAsync);
    }

    /// <summary>Pods of an image that contains this never become ready.</summary>
    public const string BrokenImage = "broken";

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await run;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await RegisterAsync();
            var list = store.List(ResourceNames.Pods);
            foreach (var item in list.Items)
            {
                await SyncAsync(item.Key);
            }

            await foreach (var e in store.WatchAsync(ResourceNames.Pods, null, list.Revision, stop.Token))
            {
                if (e.Kind != StoreEventKind.Deleted)
                {
                    await SyncAsync(e.Object.Key);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or StoreException { Reason: StoreReason.Closed })
        {
            // The test is over.
        }
    }

    private async Task RegisterAsync()
    {
        var node = $$$"""
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{nodeName}}}","uid":"{{{Guid.NewGuid()}}}",
             "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"kubernetes.io/hostname":"{{{nodeName}}}","disktype":"ssd"}},
             "spec":{},"status":{"allocatable":{"cpu":"4","memory":"8Gi","ephemeral-storage":"50Gi","pods":"110"},
             "capacity":{"cpu":"4","memory":"8Gi","ephemeral-storage":"50Gi","pods":"110"},
             "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
             "conditions":[{"type":"Ready","status":"True","reason":"AgentReady"} ],
             "nodeInfo":{"kubeletVersion":"v1.32.0","kernelVersion":"6.1","osImage":"Debian","containerRuntimeVersion":"fake://1"} } }
            """;
        if (store.Get(new(ResourceNames.Nodes, "", nodeName)) is null)
        {
            await store.CreateAsync(new(ResourceNames.Nodes, "", nodeName), Encoding.UTF8.GetBytes(node), stop.Token);
        }
    }

    private async Task SyncAsync(ObjectKey key)
    {
        try
        {
            if (store.Get(key) is not { } stored)
            {
                return;
            }

            var pod = KubeObject.Parse(stored.Json.Span);
            if (pod.Json["spec"]?["nodeName"]?.GetValue<string>() != nodeName)
            {
                return;
            }

            if (pod.DeletionTimestamp is not null)
            {
                await store.DeleteAsync(key, null, stop.Token);
            }
            else if (pod.Json["status"]?["podIP"] is null)
            {
                WriteLog(pod);
                await store.UpdateAsync(
                    key,
                    s =>
                    {
                        var current = KubeObject.Parse(s.Json.Span);
                        if (current.Json["status"]?["podIP"] is not null)
                        {
                            return null;
                        }

                        Start(current.Json);
                        return current.ToUtf8();
                    },
                    stop.Token
                );
            }
        }
        catch (StoreException e) when (e.Reason == StoreReason.NotFound)
        {
            // Somebody else removed it.
        }
    }

    private void Start(JsonObject pod)
    {
        var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var isBroken = pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>().Contains(BrokenImage);
        var status = pod["status"] as JsonObject ?? [];
        pod["status"] = status;
        status["phase"] = isBroken ? "Pending" : "Running";
        status["podIP"] = $"10.88.0.{addresses++}";
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = status["podIP"]!.GetValue<string>() });
        status["hostIP"] = "10.0.0.1";
        status["startTime"] = now;
        var conditions = status["conditions"] as JsonArray ?? [];
        status["conditions"] = conditions;
        foreach (var type in (string[])["Initialized", "Ready", "ContainersReady"])
        {
            conditions.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["type"] = type,
                        ["status"] = isBroken ? "False" : "True",
                        ["lastTransitionTime"] = now,
                    }
            );
        }

        status["containerStatuses"] = new JsonArray([
            .. pod["spec"]!["containers"]!
                .AsArray()
                .Select(c =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["name"] = c!["name"]!.GetValue<string>(),
                            ["image"] = c["image"]!.GetValue<string>(),
                            ["imageID"] = "sha256:0",
                            ["ready"] = !isBroken,
                            ["started"] = !isBroken,
                            ["restartCount"] = 0,
                            ["containerID"] = $"containerd://{Guid.NewGuid():N}",
                            ["state"] = isBroken
                                ? new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "ImagePullBackOff" } }
                                : new JsonObject { ["running"] = new JsonObject { ["startedAt"] = now } },
                        }
                ),
        ]);
    }

    /// <summary>Three lines, the second of them in two parts.</summary>
    private void WriteLog(KubeObject pod)
    {
        foreach (var container in pod.Json["spec"]!["containers"]!.AsArray())
        {
            var name = container!["name"]!.GetValue<string>();
            var directory = Path.Join(
                paths.PodLogsDirectory,
                PodLogPath.Container(pod.Namespace!, pod.Name!, pod.Uid!, name)
            );
            Directory.CreateDirectory(directory);
            File.WriteAllText(
                Path.Join(directory, PodLogPath.File(0)),
                $"""
                2026-01-01T00:00:01.000000001Z stdout F hello from {name}
                2026-01-01T00:00:02.000000002Z stdout P first 
                2026-01-01T00:00:02.000000003Z stdout F second
                2026-01-01T00:00:03.000000004Z stderr F third line

                """
            );
        }
    }
}
