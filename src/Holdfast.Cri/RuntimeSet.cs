namespace Holdfast.Cri;

/// <summary>The runtimes of one node, side by side. Owns its endpoints. Thread-safe.</summary>
public sealed class RuntimeSet : IAsyncDisposable
{
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

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in Endpoints)
        {
            await endpoint.DisposeAsync();
        }
    }
}
