using System.Collections.Concurrent;
using Holdfast.Agent.Events;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Status;
using Holdfast.Agent.Volumes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Store;

namespace Holdfast.Agent.Pods;

/// <summary>
/// Brings one pod from its object to containers, keeps it so, and takes it down. Whoever has news posts it from any
/// thread; the worker takes turns on the thread pool, one at a time, and costs nothing while there is no news. What is
/// next is decided anew on every turn from all that is known (see <see cref="PodPlan"/>).
/// </summary>
internal sealed partial class PodWorker : IThreadPoolWorkItem
{
    // A failed step is repeated after 200 ms (the runtime may just be busy with the same pod), doubling to 1 min, or at
    // once when something changes that it may depend on.
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly WorkerTools tools;
    private readonly PodWorkers owner;
    private readonly ConcurrentQueue<WorkerInput> inputs = new();
    private readonly List<ContainerRecord> containers = [];
    private readonly List<SandboxRecord> oldSandboxes = [];
    private readonly ITimer timer;
    private readonly Lock turns = new();
    private TaskCompletionSource? turn;

    private Pod? pod;
    private PodStatusWriter? statusWriter;
    private PodStatus status = new();
    private PodFailure? failure;
    private SandboxRecord? sandbox;
    private MountedVolumes? volumes;
    private Task? addresses;
    private bool isKnown;
    private bool hasVanished;
    private bool isDone;
    private DateTimeOffset? wakeAt;
    private DateTimeOffset? retryAt;
    private TimeSpan retryPause = FirstRetry;

    /// <summary>Set as soon as the news arrives, so that a turn which is starting containers can stop half-way.</summary>
    private volatile bool mustEnd;

    public PodWorker(string uid, WorkerTools tools, PodWorkers owner)
    {
        Uid = uid;
        this.tools = tools;
        this.owner = owner;
        timer = tools.Time.CreateTimer(
            static state => ((PodWorker)state!).Post(new WorkerInput.TimePassed()),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    public string Uid { get; }

    /// <summary>Revision of the worker's own last status write; the watch's echo of it is no news.</summary>
    public long OwnRevision => statusWriter?.LastRevision ?? 0;

    private string Name => pod is null ? Uid : $"{pod.Metadata.Namespace}/{pod.Metadata.Name}";

    private PodIdentity? Identity { get; set; }

    private PodPaths Paths => PodPaths.For(tools.Options.Paths, Identity?.Namespace ?? "", Identity?.Name ?? "", Uid);

    private DateTimeOffset Now => tools.Time.GetUtcNow();

    /// <summary>Tells the worker something. Never waits.</summary>
    public void Post(WorkerInput input)
    {
        if (input is WorkerInput.Vanished or WorkerInput.Changed { Pod.Metadata.DeletionTimestamp: not null })
        {
            mustEnd = true;
        }

        inputs.Enqueue(input);
        lock (turns)
        {
            if (turn is not null)
            {
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Completes when the worker has nothing more to do at the moment.</summary>
    public Task WhenIdleAsync()
    {
        lock (turns)
        {
            return turn?.Task ?? Task.CompletedTask;
        }
    }

    public Task FlushStatusAsync() => statusWriter?.FlushAsync() ?? Task.CompletedTask;

    void IThreadPoolWorkItem.Execute() => _ = TakeTurnsAsync();

    private async Task TakeTurnsAsync()
    {
        while (true)
        {
            if (!tools.Lifetime.IsCancellationRequested)
            {
                try
                {
                    await TakeTurnAsync();
                    if (!tools.Lifetime.IsCancellationRequested)
                    {
                        Publish();
                    }
                }
                catch (Exception e)
                {
                    // Whatever it is, the pod must stay reachable: the next turn tries again.
                    tools.Logger.WorkerFailed(Name, retryPause.TotalSeconds, e);
                    RetryLater();
                }

                SetTimer();
            }

            lock (turns)
            {
                if (inputs.IsEmpty || tools.Lifetime.IsCancellationRequested)
                {
                    turn!.SetResult();
                    turn = null;
                    return;
                }
            }
        }
    }

    private async Task TakeTurnAsync()
    {
        wakeAt = null;
        try
        {
            while (inputs.TryDequeue(out var input))
            {
                await TakeAsync(input, tools.Lifetime);
            }

            if (isDone)
            {
                return;
            }

            if (retryAt is { } at && at > Now)
            {
                WakeAt(at);
            }
            else
            {
                retryAt = null;
                await ContinueAsync(tools.Lifetime);
                if (retryAt is null)
                {
                    retryPause = FirstRetry;
                }
            }
        }
        catch (OperationCanceledException) when (tools.Lifetime.IsCancellationRequested)
        {
            return;
        }
        catch (CriException e)
        {
            // While the runtime is away its return is awaited, not polled; the retry is only the safety net.
            tools.Logger.PodDelayed(Name, e.Message, retryPause.TotalSeconds);
            RetryLater();
        }
        catch (StoreException e)
        {
            tools.Logger.PodDelayed(Name, e.Message, retryPause.TotalSeconds);
            RetryLater();
        }
        catch (Exception e) when (e is LinuxException or IOException or AgentException)
        {
            tools.Logger.PodDelayed(Name, e.Message, retryPause.TotalSeconds);
            WarnOfFailedTurn(e);
            RetryLater();
        }
        catch (Exception e)
        {
            tools.Logger.WorkerFailed(Name, retryPause.TotalSeconds, e);
            WarnOfFailedTurn(e);
            RetryLater();
        }
    }

    /// <summary>Without an event a pod that makes no progress looks healthy to whoever describes it.</summary>
    private void WarnOfFailedTurn(Exception e)
    {
        if (pod is not null)
        {
            Warn("FailedSync", $"Error syncing pod, skipping: {e.Message}");
        }
    }

    private Task ContinueAsync(CancellationToken ct)
    {
        if (!IsKnown())
        {
            return Task.CompletedTask;
        }

        if (hasVanished || pod is null || pod.Metadata.DeletionTimestamp is not null)
        {
            return EndAsync(ct);
        }

        CheckDeadline();
        return failure is null ? KeepAsync(ct) : FinishAsync(ct);
    }

    /// <summary>
    /// Whether it is certain what the runtimes have of the pod. Until then nothing is done, and nothing said: what the
    /// last agent wrote in status is truer than what this one has not found out yet.
    /// </summary>
    private bool IsKnown()
    {
        if (!isKnown)
        {
            var home = sandbox?.Runtime ?? (pod is null ? null : tools.Runtimes.TryChoose(pod));
            isKnown = tools.Runtimes.AreListed && home is null or { IsOnline: true } && inputs.IsEmpty;
        }

        return isKnown;
    }

    private void CheckDeadline()
    {
        if (pod!.Spec.ActiveDeadlineSeconds is not { } seconds || failure is not null || HasFinished)
        {
            return;
        }

        var deadline = (status.StartTime ?? Now) + TimeSpan.FromSeconds(seconds);
        if (deadline > Now)
        {
            WakeAt(deadline);
            return;
        }

        failure = new PodFailure("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        Warn("DeadlineExceeded", failure.Message);
    }

    private bool HasFinished => status.Phase is PodPhase.Succeeded or PodPhase.Failed;

    private void WakeAt(DateTimeOffset at)
    {
        if (wakeAt is null || at < wakeAt)
        {
            wakeAt = at;
        }
    }

    private void RetryLater()
    {
        retryAt = Now + retryPause;
        retryPause = retryPause * 2 > LongestRetry ? LongestRetry : retryPause * 2;
        WakeAt(retryAt.Value);
    }

    private void SetTimer()
    {
        if (isDone)
        {
            timer.Dispose();
            return;
        }

        if (wakeAt is not { } at)
        {
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        timer.Change(Waits.Clamp(at - Now), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gives the status to the writer, if it says anything new.</summary>
    /// <param name="isPassing">Whether it is expected to change again in a moment.</param>
    private void Publish(bool isPassing = false)
    {
        if (pod is null || hasVanished || isDone || (!isKnown && status.ContainerStatuses.Count > 0))
        {
            return;
        }

        var fresh = PodStatusBuilder.Build(pod, containers, sandbox, failure, tools.Node, status, Now);
        if (KubeJson.Serialize(fresh).AsSpan().SequenceEqual(KubeJson.Serialize(status)))
        {
            return;
        }

        status = fresh;
        if (isPassing)
        {
            statusWriter!.WriteSoon(fresh);
        }
        else
        {
            statusWriter!.Write(fresh);
        }
    }

    private void Tell(string reason, string message) => tools.Events.Normal(PodReference.Of(pod!), reason, message);

    private void Warn(string reason, string message) => tools.Events.Warning(PodReference.Of(pod!), reason, message);

    private void Tell(ContainerRecord container, string reason, string message)
    {
        if (pod is not null)
        {
            tools.Events.Normal(PodReference.Of(pod, container.Spec), reason, message);
        }
    }

    private void Warn(ContainerRecord container, string reason, string message)
    {
        if (pod is not null)
        {
            tools.Events.Warning(PodReference.Of(pod, container.Spec), reason, message);
        }
    }
}
