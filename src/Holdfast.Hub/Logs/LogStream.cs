using System.Text.Json.Nodes;
using System.Threading.Channels;
using Holdfast.Hub.Json;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Verbs;
using Holdfast.Store;

namespace Holdfast.Hub.Logs;

/// <summary>
/// Streams one log file to one client, and follows it until its container has ended: woken by the file system and by the
/// pod's status, never by a clock alone. Used by one request.
/// </summary>
internal sealed class LogStream : IAsyncDisposable
{
    /// <summary>inotify can lose an event when its queue overflows; this is the net below it.</summary>
    private static readonly TimeSpan LostEventNet = TimeSpan.FromSeconds(5);

    private readonly ApiCall call;
    private readonly LogRequest request;
    private readonly string path;
    private readonly JsonObject pod;
    private readonly string container;
    private readonly int instance;
    private readonly LogWriter writer;
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly CancellationTokenSource done = new();
    private FileStream? file;
    private CancellationTokenSource? watching;
    private Task? podWatch;
    private volatile bool hasEnded;
    private volatile bool wasReplaced;

    public LogStream(ApiCall call, LogRequest request, string path, JsonObject pod, string container, int instance)
    {
        this.call = call;
        this.request = request;
        this.path = path;
        this.pod = pod;
        this.container = container;
        this.instance = instance;
        writer = new LogWriter(call.Http.Response.BodyWriter, request);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        // The client learns at once that it is connected, also when there is nothing to read yet.
        await call.Http.Response.BodyWriter.FlushAsync(ct);
        using var watcher = request.Follow ? WatchFile() : null;
        Open();
        if (file is not null && request.TailLines is { } lines)
        {
            file.Position = LogTail.Find(file, lines);
        }

        if (!request.Follow)
        {
            await writer.CopyAsync(file, ct);
            return;
        }

        hasEnded = HasEnded(call.Objects.Find(call.Resource, pod.MetaNamespace, pod.MetaName));
        watching = CancellationTokenSource.CreateLinkedTokenSource(ct, done.Token);
        podWatch = WatchPodAsync(watching.Token);
        await FollowAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await done.CancelAsync();
        if (podWatch is not null)
        {
            await podWatch;
        }

        watching?.Dispose();
        if (file is not null)
        {
            await file.DisposeAsync();
        }

        done.Dispose();
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        while (true)
        {
            // Read before the last read: what was written until the end is then surely sent.
            var ended = hasEnded;
            var replaced = wasReplaced;
            Open();
            if (!await writer.CopyAsync(file, ct))
            {
                return;
            }

            if (replaced)
            {
                // Rotated: the old file is read to its end, the new one begins at its start.
                wasReplaced = false;
                if (file is not null)
                {
                    await file.DisposeAsync();
                }

                file = null;
                continue;
            }

            if (ended)
            {
                return;
            }

            using var net = CancellationTokenSource.CreateLinkedTokenSource(ct);
            net.CancelAfter(LostEventNet);
            try
            {
                await wake.Reader.ReadAsync(net.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // Nothing was heard for a while: look once.
            }
        }
    }

    private void Open()
    {
        if (file is null && File.Exists(path))
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
    }

    private FileSystemWatcher? WatchFile()
    {
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory))
        {
            return null;
        }

        var watcher = new FileSystemWatcher(directory)
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName,
        };
        watcher.Changed += (_, _) => wake.Writer.TryWrite(true);
        watcher.Created += (_, e) =>
        {
            wasReplaced |= e.FullPath == path && file is not null;
            wake.Writer.TryWrite(true);
        };
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private async Task WatchPodAsync(CancellationToken ct)
    {
        try
        {
            var events = call.Objects.Store.WatchAsync(
                call.Resource.StoreName,
                pod.MetaNamespace,
                call.Objects.Store.Revision,
                ct
            );
            var key = ObjectAccess.Key(call.Resource, pod.MetaNamespace, pod.MetaName);
            await foreach (var e in events.WithCancellation(ct))
            {
                if (e.Object.Key == key)
                {
                    hasEnded |= e.Kind == StoreEventKind.Deleted || HasEnded(StoredJson.Parse(e.Object));
                    wake.Writer.TryWrite(true);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The request is over.
        }
        catch (StoreException)
        {
            // Without news of the pod a follower cannot know when to stop: it stops now.
            hasEnded = true;
            wake.Writer.TryWrite(true);
        }
    }

    private bool HasEnded(JsonObject? current)
    {
        if (current is null || current.Uid != pod.Uid)
        {
            return true;
        }

        var status = PodLogReader.StatusOf(current, container);
        return current.At("status").StringAt("phase") is "Succeeded" or "Failed"
            || status.IntAt("restartCount") > instance
            || status.At("state").ObjectAt("terminated") is not null
            || status.At("state", "waiting").StringAt("reason") == "CrashLoopBackOff";
    }
}
