using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Holdfast.Cri.Containerd;

namespace Holdfast.Cri.Events;

/// <summary>
/// containerd's own event stream. containerd does not say when a subscription has begun, so an event of our own is
/// published until it comes back on the stream: from then on nothing can be missed.
/// </summary>
internal sealed class ContainerdEventSource(RuntimeEndpoint endpoint, string containerdNamespace) : IEventSource
{
    /// <summary>Where our own events appear; nothing listens there.</summary>
    private const string MarkerTopic = "/holdfast/watching/";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    /// <summary>An event comes back within a millisecond; a containerd that swallows events is taken as lost.</summary>
    private static readonly TimeSpan MarkerLimit = TimeSpan.FromSeconds(10);

    private readonly Containerd.Events.EventsClient client = new(endpoint.Channel.Invoker);
    private readonly Metadata headers = new() { { "containerd-namespace", containerdNamespace } };

    public string Name => "containerd";

    public async IAsyncEnumerable<RuntimeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var marker = MarkerTopic + Guid.NewGuid().ToString("N");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var envelopes = endpoint
            .Channel.StreamAsync(
                "watch the events",
                options => client.Subscribe(MakeRequest(marker), options.WithHeaders(headers)),
                stop.Token
            )
            .GetAsyncEnumerator(stop.Token);
        await WaitForMarkerAsync(envelopes, marker, stop, cancellationToken);
        yield return new RuntimeEvent(
            endpoint.Name,
            RuntimeEventKind.Resync,
            "",
            endpoint.Time.GetUtcNow(),
            ExitCode: null
        );
        while (await envelopes.MoveNextAsync())
        {
            if (Read(envelopes.Current) is { } item)
            {
                yield return item;
            }
        }
    }

    private SubscribeRequest MakeRequest(string marker)
    {
        var request = new SubscribeRequest();
        request.Filters.AddRange(
            ContainerdEvents
                .Topics.Append(marker)
                .Select(topic => $"namespace=={containerdNamespace},topic==\"{topic}\"")
        );
        return request;
    }

    private async Task WaitForMarkerAsync(
        IAsyncEnumerator<Envelope> envelopes,
        string marker,
        CancellationTokenSource stop,
        CancellationToken cancellationToken
    )
    {
        using var heard = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var announcing = AnnounceAsync(marker, stop, heard.Token);
        try
        {
            while (await envelopes.MoveNextAsync())
            {
                if (envelopes.Current.Topic == marker)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The announcer gave up and stopped the stream; what follows tells why.
        }
        finally
        {
            await heard.CancelAsync();
        }

        if (await announcing is { } failure)
        {
            throw failure;
        }

        throw new CriException(CriReason.Unavailable, $"cannot watch the events in {endpoint.Name}: the stream ended");
    }

    /// <summary>Publishes the marker until it is heard; stops the stream when that cannot be.</summary>
    private async Task<CriException?> AnnounceAsync(
        string marker,
        CancellationTokenSource stop,
        CancellationToken cancellationToken
    )
    {
        var request = new PublishRequest { Topic = marker, Event = Any.Pack(new Empty(), "") };
        var started = endpoint.Time.GetTimestamp();
        try
        {
            for (var pause = FirstPause; endpoint.Time.GetElapsedTime(started) < MarkerLimit; pause *= 2)
            {
                await endpoint.Channel.CallAsync(
                    "publish an event",
                    MarkerLimit,
                    client,
                    (events, options) => events.PublishAsync(request, options.WithHeaders(headers)),
                    cancellationToken
                );
                await Task.Delay(pause, endpoint.Time, cancellationToken);
            }

            await stop.CancelAsync();
            return new CriException(
                CriReason.Unavailable,
                $"cannot watch the events in {endpoint.Name}: it does not deliver what is published"
            );
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (CriException cause)
        {
            await stop.CancelAsync();
            return cause;
        }
    }

    private RuntimeEvent? Read(Envelope envelope)
    {
        try
        {
            return ContainerdEvents.Read(endpoint.Name, envelope);
        }
        catch (InvalidProtocolBufferException)
        {
            CriLog.Unreadable(endpoint.Log, endpoint.Name, envelope.Topic);
            return null;
        }
    }
}
