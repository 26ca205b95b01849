using System.Text.Json.Nodes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes;

/// <summary>
/// A runtime that answers CRI, says that it is ready and has the wanted handlers. containerd starts happily with a configuration that its CRI
/// plugin refuses, so that a running process proves nothing. Changes nothing: what failed is taken back by its own steps.
/// </summary>
/// <param name="handlers">Names that it must have, as far as this version of the runtime says which it has.</param>
internal sealed class RuntimeServesResource(RuntimeSpec runtime, IReadOnlyList<string> handlers) : IResource
{
    public const string KindName = "cri-ready";

    /// <summary>From the socket's first answer to RuntimeReady on a slow card with many containers.</summary>
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public string Kind => KindName;

    public string Id => $"{Kind}:{runtime.Name}";

    public string Title => $"{runtime.Name} accepts its configuration and answers CRI";

    public string? Why => null;

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(runtime.Socket))
        {
            return Inspection.Differs($"{runtime.Name} does not run yet");
        }
        await using var endpoint = Open(machine);
        return (await AskAsync(endpoint, cancellationToken)).Found;
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject());

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        await using var endpoint = Open(machine);
        var start = machine.Time.GetTimestamp();
        while (true)
        {
            var (now, mayPass) = await AskAsync(endpoint, cancellationToken);
            if (now.IsAsWanted)
            {
                return;
            }
            var isFinal = !mayPass || machine.Time.GetElapsedTime(start) > ReadyTimeout;
            if (isFinal)
            {
                throw await FailedAsync(machine, now.Summary, cancellationToken);
            }
            await Task.Delay(PollInterval, machine.Time, cancellationToken);
        }
    }

    private RuntimeEndpoint Open(Machine machine) =>
        new(new RuntimeEndpointOptions(runtime.Name, machine.At(runtime.Socket)), machine.Time, machine.Logs);

    private async Task<(Inspection Found, bool MayPass)> AskAsync(
        RuntimeEndpoint endpoint,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var version = await endpoint.ConnectAsync(cancellationToken);
            var status = await endpoint.StatusAsync(new StatusRequest { Verbose = true }, cancellationToken);
            var words = $"{version.RuntimeName} {version.Version}, CRI {version.ApiVersion}";
            if (Find(status, "RuntimeReady") is { Status: false } runtimeReady)
            {
                return (Inspection.Differs($"{words}: not ready: {runtimeReady.Message}"), MayPass: true);
            }
            if (
                RuntimeHandlers.Read(status) is { } known
                && handlers.Except(known).ToArray() is { Length: > 0 } missing
            )
            {
                return (Inspection.Differs($"{words}: it has no handler {string.Join(", ", missing)}"), MayPass: false);
            }
            // The network is another component's and may come later; the probe judges it.
            var network = Find(status, "NetworkReady") is { Status: false } not
                ? $"; no network for pods yet: {not.Message}"
                : "";
            return (Inspection.AsWanted(words + network), MayPass: false);
        }
        catch (CriException cause)
        {
            // Without its CRI plugin containerd runs, and will go on running, without CRI.
            var isRefusal = cause.Reason == CriReason.Unimplemented;
            return (Inspection.Differs(isRefusal ? "it runs without CRI" : cause.Message), !isRefusal);
        }
    }

    private async Task<NodeException> FailedAsync(Machine machine, string why, CancellationToken cancellationToken)
    {
        var words = await RuntimeWords.ReadAsync(machine, runtime.Service, cancellationToken);
        return new NodeException(
            NodeReason.RuntimeFailed,
            $"cannot use {runtime.Name}: {why}; {words}repair {runtime.ConfigFile} or the node document and try again"
        );
    }

    private static RuntimeCondition? Find(StatusResponse status, string type) =>
        status.Status?.Conditions.FirstOrDefault(c => c.Type == type);
}
