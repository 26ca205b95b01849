using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Storage;
using Holdfast.Store;

namespace Holdfast.Hub.Verbs;

/// <summary>GET with watch=true: a stream of changes, one JSON object per line, until the client or the time limit ends it.</summary>
internal static class WatchVerb
{
    /// <summary>Seconds a watch lasts when the client names no limit: at least this, at most twice (kube-apiserver's min-request-timeout).</summary>
    private const int MinSeconds = 1800;

    /// <summary>A client that named a shorter or absurd limit is held to a day.</summary>
    private const int MaxSeconds = 24 * 3600;

    /// <summary>How often a client that asked for bookmarks gets one: kube-apiserver's own minute.</summary>
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromMinutes(1);

    public static async Task RunAsync(ApiCall call)
    {
        var wanted = Negotiated.From(call.Request);
        var filter = ObjectFilter.From(call.Request, call.Resource);
        var seconds = call.Request.Number("timeoutSeconds") is > 0 and var asked
            ? Math.Min(asked, MaxSeconds)
            : MinSeconds + Random.Shared.Next(MinSeconds);
        var include = wanted.Shape == AnswerShape.Table ? call.Request.IncludeObject() : RowObject.None;
        var stream = new WatchStream(call, wanted, include);
        var from = WatchOptions.From(call.Request, call.Objects.Store.Revision);
        ListVerb.CheckVersion(from, call.Objects.Store.Revision);

        call.Http.Response.ContentType = ApiAnswer.JsonType;
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), call.Objects.Clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Token, time.Token);
        try
        {
            var (known, start) = await BeginAsync(call, stream, filter, from);
            await stream.FlushAsync(limit.Token);
            await FollowAsync(call, stream, known, start, limit.Token);
        }
        catch (OperationCanceledException) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            // The time limit or the end of the Hub: the stream ends properly and the client asks again.
        }
        catch (StoreException e) when (e.Reason is StoreReason.TooOld)
        {
            await stream.WriteErrorAsync(TooOld(from ?? 0, e));
        }
        catch (StoreException e) when (e.Reason is StoreReason.Closed)
        {
            // The Hub is on its way out.
        }
    }

    /// <summary>
    /// What the watch must know before its first event, and the revision of that. A list, if one is needed, is gone when this
    /// returns: a watch lasts for an hour and must not hold a copy of its resource.
    /// </summary>
    private static async Task<(KnownMatches Known, long Start)> BeginAsync(
        ApiCall call,
        WatchStream stream,
        ObjectFilter filter,
        long? from
    )
    {
        var initial = call.Request.Flag("sendInitialEvents") || from is null;
        if (!initial && filter.IsEmpty)
        {
            return (new KnownMatches(filter, null, from), from!.Value);
        }

        var list = ListVerb.Fetch(call, filter);
        var known = new KnownMatches(filter, list, from);
        if (initial)
        {
            await SendInitialAsync(call, stream, filter, list);
        }

        return (known, initial ? list.Revision : from!.Value);
    }

    private static async Task SendInitialAsync(ApiCall call, WatchStream stream, ObjectFilter filter, ObjectList list)
    {
        foreach (var item in list.Items)
        {
            var o = StoredJson.Parse(item);
            if (filter.Passes(o))
            {
                stream.Write("ADDED", o);
                await stream.FlushWhenLargeAsync(call.Token);
            }
        }

        if (call.Request.Flag("sendInitialEvents"))
        {
            stream.WriteBookmark(list.Revision, endsInitialEvents: true);
        }
    }

    private static async Task FollowAsync(
        ApiCall call,
        WatchStream stream,
        KnownMatches known,
        long from,
        CancellationToken ct
    )
    {
        var ns = call.Path.Namespace.Length > 0 ? call.Path.Namespace : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var watch = call.Objects.Store.Watch(call.Resource.StoreName, ns, from);
        var bookmark = NextBookmark(call, stop.Token);
        var next = watch.ReadAsync(stop.Token).AsTask();
        try
        {
            while (true)
            {
                if (!next.IsCompleted)
                {
                    await stream.FlushAsync(ct);
                    if (await Task.WhenAny(next, bookmark) == bookmark)
                    {
                        ct.ThrowIfCancellationRequested();
                        stream.WriteBookmark(watch.Position, endsInitialEvents: false);
                        bookmark = NextBookmark(call, stop.Token);
                        continue;
                    }
                }

                foreach (var e in await next)
                {
                    if (known.Judge(e) is var (type, o))
                    {
                        stream.Write(type, o);
                        await stream.FlushWhenLargeAsync(ct);
                    }
                }

                next = watch.ReadAsync(stop.Token).AsTask();
            }
        }
        finally
        {
            // A watch in the middle of a read cannot be let go: the read is ended first.
            await stop.CancelAsync();
            await Task.WhenAny(next);
        }
    }

    private static Task NextBookmark(ApiCall call, CancellationToken ct) =>
        call.Request.Flag("allowWatchBookmarks")
            ? Task.Delay(BookmarkEvery, call.Objects.Clock, ct)
            : Task.Delay(Timeout.Infinite, ct);

    private static ApiException TooOld(long version, Exception cause) =>
        new(ApiReason.Expired, $"too old resource version: {version}", cause);
}
