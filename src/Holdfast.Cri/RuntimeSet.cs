using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Holdfast.Cri;

/// <summary>The runtimes of one node, side by side. Owns its endpoints. Thread-safe.</summary>
public sealed class RuntimeSet : IAsyncDisposable
{
    /// <summary>Events between the runtimes and a reader; behind it each runtime has its own, longer queue.</summary>
    private const int MergeCapacity = 64;

    private readonly Dictionary<string, RuntimeEndpoint> byHandler = new(StringComparer.Ordinal);

    /// <param name="endpoints">The first is the default one.</param>
    /// <exception cref="CriException">InvalidArgument: none, or two of one name, or two with the same handler.</exception>
    public RuntimeSet(IReadOnlyList<RuntimeEndpoint> endpoints)
    {
        if (endpoints.Count == 0)
        {
            throw new CriException(CriReason.InvalidArgument, "cannot make a set of runtimes: it has no endpoint");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var endpoint in endpoints)
        {
            if (!names.Add(endpoint.Name))
            {
                throw new CriException(
                    CriReason.InvalidArgument,
                    $"cannot make a set of runtimes: two are named {endpoint.Name}"
                );
            }

            foreach (var handler in endpoint.Options.Handlers)
            {
                if (!byHandler.TryAdd(handler, endpoint))
                {
                    throw new CriException(
                        CriReason.InvalidArgument,
                        $"cannot make a set of runtimes: {byHandler[handler].Name} and {endpoint.Name} "
                            + $"both have the handler {handler}"
                    );
                }
            }
        }

        Endpoints = endpoints;
    }

    public IReadOnlyList<RuntimeEndpoint> Endpoints { get; }

    /// <summary>Where a pod without a RuntimeClass runs.</summary>
    public RuntimeEndpoint Default => Endpoints[0];

    /// <summary>Finds the runtime that has a handler; the empty name means the default handler of the default runtime.</summary>
    public (RuntimeEndpoint Endpoint, string Handler)? Find(string handler)
    {
        if (handler.Length == 0)
        {
            return (Default, Default.Options.Handlers.Count > 0 ? Default.Options.Handlers[0] : "");
        }

        return byHandler.TryGetValue(handler, out var endpoint) ? (endpoint, handler) : null;
    }

    /// <summary>Finds a runtime by its name.</summary>
    public RuntimeEndpoint? FindByName(string name)
    {
        foreach (var endpoint in Endpoints)
        {
            if (endpoint.Name == name)
            {
                return endpoint;
            }
        }

        return null;
    }

    /// <summary>The events of all runtimes; each runtime's own order is kept, and so is its rule of Resync.</summary>
    public async IAsyncEnumerable<RuntimeEvent> WatchEventsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // The source first: a reader that leaves must not wait for the pumps to notice.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var merged = Channel.CreateBounded<RuntimeEvent>(MergeCapacity);
        var pumps = Endpoints.Select(endpoint => PumpAsync(endpoint, merged.Writer, stop.Token)).ToArray();
        try
        {
            await foreach (var item in merged.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(pumps);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in Endpoints)
        {
            await endpoint.DisposeAsync();
        }
    }

    private static async Task PumpAsync(
        RuntimeEndpoint endpoint,
        ChannelWriter<RuntimeEvent> writer,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await foreach (var item in endpoint.WatchEventsAsync(cancellationToken))
            {
                await writer.WriteAsync(item, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The reader left.
        }
        catch (Exception cause)
        {
            // Silence would look like a runtime in which nothing happens.
            writer.TryComplete(cause);
        }
    }
}
