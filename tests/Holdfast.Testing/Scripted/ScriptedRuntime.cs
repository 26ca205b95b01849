using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;
using Holdfast.Cri;
using Holdfast.Cri.V1;

namespace Holdfast.Testing.Scripted;

/// <summary>
/// A container runtime without containers that misbehaves as a test wants: answers late, twice, wrongly or never. For
/// faults that a real one cannot be made to show; what it does well is only what a kubelet needs. Thread-safe.
/// </summary>
public sealed class ScriptedRuntime : IAsyncDisposable
{
    private const string RuntimeService = "/runtime.v1.RuntimeService/";
    private const string ImageService = "/runtime.v1.ImageService/";

    private readonly FakeGrpcServer server;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<ScriptedAnswer>> next = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Channel<ContainerEventResponse>, bool> watchers = new();
    private readonly ConcurrentQueue<string> calls = new();
    private volatile TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int held;

    private ScriptedRuntime(FakeGrpcServer server)
    {
        this.server = server;
        Pods = new ScriptedPods(Tell);
    }

    /// <summary>How the n-th call of all (from 1) is treated, where <see cref="Next"/> says nothing.</summary>
    public Func<string, int, ScriptedAnswer> Script { get; set; } = (_, _) => ScriptedAnswer.Well;

    /// <summary>How often an event is sent: 0 loses it.</summary>
    public Func<ContainerEventResponse, int> Copies { get; set; } = _ => 1;

    public ScriptedPods Pods { get; }

    public string SocketPath => server.SocketPath;

    /// <summary>Names of all calls that arrived, in order: <c>StartContainer</c>.</summary>
    public IReadOnlyCollection<string> Calls => calls;

    /// <summary>How many calls wait for <see cref="Release"/>.</summary>
    public int Held => Volatile.Read(ref held);

    public static async Task<ScriptedRuntime> StartAsync(string? socketPath = null)
    {
        var runtime = new ScriptedRuntime(await FakeGrpcServer.StartAsync(socketPath));
        runtime.Serve();
        return runtime;
    }

    /// <summary>How the next calls of that name are treated, one after the other.</summary>
    public void Next(string call, params ReadOnlySpan<ScriptedAnswer> answers)
    {
        var queue = next.GetOrAdd(call, _ => new ConcurrentQueue<ScriptedAnswer>());
        foreach (var answer in answers)
        {
            queue.Enqueue(answer);
        }
    }

    /// <summary>Lets all late answers go that are held now.</summary>
    public void Release()
    {
        var before = release;
        release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        var stopping = server.DisposeAsync();
        Release();
        await stopping;
    }

    private void Serve()
    {
        On(
            "Version",
            VersionRequest.Parser,
            _ => new VersionResponse
            {
                Version = "0.1.0",
                RuntimeName = "scripted",
                RuntimeVersion = "1.0.0",
                RuntimeApiVersion = "v1",
            }
        );
        On(
            "Status",
            StatusRequest.Parser,
            _ => new StatusResponse
            {
                Status = new RuntimeStatus
                {
                    Conditions =
                    {
                        new RuntimeCondition { Type = "RuntimeReady", Status = true },
                        new RuntimeCondition { Type = "NetworkReady", Status = true },
                    },
                },
            }
        );
        On("RunPodSandbox", RunPodSandboxRequest.Parser, Pods.Run);
        On("StopPodSandbox", StopPodSandboxRequest.Parser, Pods.Stop);
        On("RemovePodSandbox", RemovePodSandboxRequest.Parser, Pods.Remove);
        On("PodSandboxStatus", PodSandboxStatusRequest.Parser, Pods.Status);
        On("ListPodSandbox", ListPodSandboxRequest.Parser, Pods.List);
        On("CreateContainer", CreateContainerRequest.Parser, Pods.Create);
        On("StartContainer", StartContainerRequest.Parser, Pods.Start);
        On("StopContainer", StopContainerRequest.Parser, Pods.Stop);
        On("RemoveContainer", RemoveContainerRequest.Parser, Pods.Remove);
        On("ContainerStatus", ContainerStatusRequest.Parser, Pods.Status);
        On("ListContainers", ListContainersRequest.Parser, Pods.List);
        On("ExecSync", ExecSyncRequest.Parser, Pods.Exec);
        On(
            "UpdateContainerResources",
            UpdateContainerResourcesRequest.Parser,
            _ => new UpdateContainerResourcesResponse()
        );
        On("ReopenContainerLog", ReopenContainerLogRequest.Parser, _ => new ReopenContainerLogResponse());
        On("PullImage", PullImageRequest.Parser, Pods.Pull, ImageService);
        On("ImageStatus", ImageStatusRequest.Parser, Pods.Status, ImageService);
        server.On(RuntimeService + "GetContainerEvents", WatchAsync);
    }

    private void On<TRequest>(
        string name,
        MessageParser<TRequest> parser,
        Func<TRequest, IMessage> work,
        string service = RuntimeService
    )
        where TRequest : IMessage<TRequest> =>
        server.On(service + name, call => AnswerAsync(name, call, () => work(call.Request(parser))));

    private async Task AnswerAsync(string name, FakeCall call, Func<IMessage> work)
    {
        calls.Enqueue(name);
        var answer =
            next.TryGetValue(name, out var queue) && queue.TryDequeue(out var planned)
                ? planned
                : Script(name, calls.Count);
        try
        {
            switch (answer)
            {
                case ScriptedAnswer.Well:
                    await call.AnswerAsync(work());
                    break;
                case ScriptedAnswer.Late:
                    var done = work();
                    await HoldAsync();
                    await call.AnswerAsync(done);
                    break;
                case ScriptedAnswer.DoneLate:
                    await HoldAsync();
                    await call.AnswerAsync(work());
                    break;
                case ScriptedAnswer.Twice:
                    work();
                    await call.AnswerAsync(work());
                    break;
                case ScriptedAnswer.DoneButRefused:
                    work();
                    call.Refuse((int)CriReason.Unknown, "it was done");
                    break;
                case ScriptedAnswer.Refused:
                    call.Refuse((int)CriReason.Unknown, "it was not done");
                    break;
                case ScriptedAnswer.NotDone:
                    call.Begin();
                    await call.Context.Response.Body.WriteAsync(FakeCall.Frame([]), call.Ended);
                    call.End(0, "");
                    break;
                case ScriptedAnswer.Unreadable:
                    work();
                    call.Begin();
                    await call.Context.Response.Body.WriteAsync(FakeCall.Frame([0x0a, 0xff]), call.Ended);
                    call.End(0, "");
                    break;
                case ScriptedAnswer.BrokenOff:
                    work();
                    call.Context.Abort();
                    break;
                case ScriptedAnswer.Never:
                    work();
                    await Task.Delay(Timeout.Infinite, call.Ended);
                    break;
                case ScriptedAnswer.NotDoneNever:
                    await Task.Delay(Timeout.Infinite, call.Ended);
                    break;
                default:
                    throw new InvalidOperationException($"{answer}");
            }
        }
        catch (CriException refusal)
        {
            call.Refuse((int)refusal.Reason, refusal.Message);
        }
    }

    // Also when the caller has left: the runtime does not know, and does it all the same.
    private async Task HoldAsync()
    {
        var released = release.Task;
        Interlocked.Increment(ref held);
        await released;
        Interlocked.Decrement(ref held);
    }

    private async Task WatchAsync(FakeCall call)
    {
        var events = Channel.CreateUnbounded<ContainerEventResponse>();
        watchers[events] = true;
        try
        {
            call.Begin();
            await foreach (var item in events.Reader.ReadAllAsync(call.Ended))
            {
                await call.WriteAsync(item);
            }
        }
        finally
        {
            watchers.TryRemove(events, out _);
        }
    }

    private void Tell(string id, ContainerEventType kind)
    {
        var item = new ContainerEventResponse
        {
            ContainerId = id,
            ContainerEventType = kind,
            CreatedAt = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100,
        };
        var copies = Copies(item);
        foreach (var events in watchers.Keys)
        {
            for (var copy = 0; copy < copies; copy++)
            {
                events.Writer.TryWrite(item);
            }
        }
    }
}
