using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;

namespace Holdfast.Node.Runtimes;

/// <summary>
/// Whether a runtime answers CRI, says that it is ready and has the wanted handlers. containerd starts with a configuration
/// that its CRI plugin refuses, so a running process proves nothing.
/// </summary>
internal static class RuntimeAnswersCheck
{
    /// <param name="handlers">Names that it must have, as far as this version of the runtime says which it has.</param>
    public static Guard For(RuntimeSpec runtime, IReadOnlyList<string> handlers) =>
        new(
            $"{runtime.Name} accepts its configuration and answers CRI",
            (machine, token) => AskAsync(runtime, handlers, machine, token)
        );

    private static async Task<string?> AskAsync(
        RuntimeSpec runtime,
        IReadOnlyList<string> handlers,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        await using var endpoint = new RuntimeEndpoint(
            new RuntimeEndpointOptions(runtime.Name, machine.At(runtime.Socket)),
            machine.Time,
            machine.Logs
        );
        var fault = await ServiceReadiness.WaitAsync(
            machine,
            runtime.Service,
            token => FindFaultAsync(endpoint, handlers, token),
            cancellationToken
        );
        if (fault is null)
        {
            return null;
        }
        var errors = await RuntimeLogErrors.ReadAsync(machine, runtime.Service, cancellationToken);
        return $"cannot use {runtime.Name}: {fault}; {errors}repair {runtime.ConfigFile} or the node document and try again";
    }

    private static async Task<(string? Fault, bool MayPass)> FindFaultAsync(
        RuntimeEndpoint endpoint,
        IReadOnlyList<string> handlers,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var version = await endpoint.ConnectAsync(cancellationToken);
            var status = await endpoint.StatusAsync(new StatusRequest { Verbose = true }, cancellationToken);
            var name = $"{version.RuntimeName} {version.Version}, CRI {version.ApiVersion}";
            // The network is another component's and may come later; the probe judges it.
            var ready = status.Status?.Conditions.FirstOrDefault(condition => condition.Type == "RuntimeReady");
            if (ready is { Status: false })
            {
                return ($"{name}: not ready: {ready.Message}", MayPass: true);
            }
            var missing = RuntimeHandlers.Read(status) is { } known ? handlers.Except(known).ToArray() : [];
            return (missing is [] ? null : $"{name}: it has no handler {string.Join(", ", missing)}", MayPass: false);
        }
        catch (CriException cause)
        {
            // Without its CRI plugin containerd runs, and will go on running, without CRI.
            var isRefusal = cause.Reason == CriReason.Unimplemented;
            return (isRefusal ? "it runs without CRI" : cause.Message, !isRefusal);
        }
    }
}
