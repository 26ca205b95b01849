using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
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
        var from = call.Request.ResourceVersion();
        var initial = call.Request.Flag("sendInitialEvents") || from is null;
        var list = ListVerb.Fetch(call, filter);
        ListVerb.CheckVersion(from, list.Revision);

        call.Http.Response.ContentType = ApiAnswer.JsonType;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            var known = new KnownMatches(filter, list, from);
            if (initial)
            {
                await SendInitialAsync(call, stream, filter, list);
            }

            await stream.FlushAsync(limit.Token);
            await FollowAsync(call, stream, known, initial ? list.Revision : from!.Value, limit.Token);
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
        var seen = from;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var events = call
            .Objects.Store.WatchAsync(call.Resource.StoreName, ns, from, stop.Token)
            .GetAsyncEnumerator(stop.Token);
        var bookmark = NextBookmark(call, stop.Token);
        var next = events.MoveNextAsync().AsTask();
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
                        stream.WriteBookmark(seen, endsInitialEvents: false);
                        bookmark = NextBookmark(call, stop.Token);
                        continue;
                    }
                }

                if (!await next)
                {
                    return;
                }

                var e = events.Current;
                seen = e.Object.Revision;
                if (known.Judge(e) is var (type, o))
                {
                    stream.Write(type, o);
                    await stream.FlushWhenLargeAsync(ct);
                }

                next = events.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // An enumerator in the middle of a step cannot be let go: the step is ended first.
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
