using Holdfast.Cri;
using Holdfast.Document;
using Microsoft.Extensions.Logging;

namespace Holdfast.Composition;

/// <summary>From the runtimes of a document to their clients. Stateless.</summary>
internal static class NodeRuntimes
{
    /// <summary>Connects to nothing yet. The caller disposes the set.</summary>
    public static RuntimeSet Create(EdgeNodeSpec spec, TimeProvider time, ILoggerFactory logs) =>
        new([
            .. spec.Runtimes.Select(runtime => new RuntimeEndpoint(
                new RuntimeEndpointOptions(runtime.Name, runtime.Socket)
                {
                    Handlers = [.. runtime.Handlers.Select(handler => handler.Name)],
                },
                time,
                logs
            )),
        ]);
}
