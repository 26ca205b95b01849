using Holdfast.Cri;
using Holdfast.Linux;

namespace Holdfast.Node.Probe;

/// <summary>
/// Proves that each handler of each runtime runs pods, by running one: sandbox, address, container, a command in it, a
/// line of its log. Everything made is removed again, also after a failure or a cancellation, and what a probe left that
/// was killed is removed by the next one. For one caller at a time; several processes may probe side by side.
/// </summary>
public sealed class RuntimeProbe
{
    private readonly RuntimeSet runtimes;
    private readonly ProbeOptions options;
    private readonly TimeProvider time;

    public RuntimeProbe(RuntimeSet runtimes, ProbeOptions options, TimeProvider time)
    {
        this.runtimes = runtimes;
        this.options = options;
        this.time = time;
    }

    /// <summary>Probes one handler after the other; a handler that fails is a result, not an exception.</summary>
    /// <param name="progress">Told of each result as soon as it is there.</param>
    public async Task<IReadOnlyList<ProbeResult>> RunAsync(
        IProgress<ProbeResult>? progress,
        CancellationToken cancellationToken
    )
    {
        var results = new List<ProbeResult>();
        foreach (var endpoint in runtimes.Endpoints)
        {
            await new ProbeCleanup(endpoint, options, time).RemoveLeftoversAsync(cancellationToken);
            foreach (var handler in endpoint.Options.Handlers.DefaultIfEmpty(""))
            {
                var result = await new HandlerProbe(endpoint, handler, options, time).RunAsync(cancellationToken);
                results.Add(result);
                progress?.Report(result);
            }
        }
        return results;
    }
}
