using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Kata;

/// <summary>
/// Kata's shim and the hypervisor's configuration are where a handler's runtime will look for them. Comes before the
/// runtime is told of it; changes nothing. Stateless.
/// </summary>
internal sealed class KataReadyResource(HandlerSpec handler) : IResource
{
    public const string KindName = "kata-ready";

    private readonly KataSpec kata =
        handler.Kata ?? throw new ArgumentException("internal error: not a handler of Kata", nameof(handler));

    public string Kind => KindName;

    public string Id => $"{Kind}:{handler.Name}";

    public string Title => $"Kata Containers can serve the handler {handler.Name} with {kata.Hypervisor}";

    public string? Why => null;

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(
            FindFault(machine) is { } fault
                ? Inspection.Differs(fault)
                : Inspection.AsWanted(
                    $"its shim is {handler.RuntimePath ?? KataFiles.Find(kata, machine.Exists)!.Shim}"
                )
        );

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject());

    /// <exception cref="NodeException">Always: files that are not there cannot be made here.</exception>
    public Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        FindFault(machine) is { } fault
            ? throw new NodeException(
                NodeReason.NotSupported,
                $"cannot serve the handler {handler.Name}: {fault}; {Remedy(machine)}"
            )
            : Task.CompletedTask;

    private string? FindFault(Machine machine)
    {
        if (kata.ConfigFile is { } own && !machine.Exists(own))
        {
            return $"{own} does not exist";
        }
        if (handler.RuntimePath is { } shim)
        {
            var needsConfig = kata.ConfigFile is null && KataFiles.Find(kata, machine.Exists) is null;
            return !machine.Exists(shim) ? $"{shim} does not exist"
                : needsConfig ? $"there is no configuration for {kata.Hypervisor}"
                : null;
        }
        return KataFiles.Find(kata, machine.Exists) is null
            ? $"there is no {KataFiles.ShimName} with a configuration for {kata.Hypervisor}"
            : null;
    }

    private string Remedy(Machine machine)
    {
        var known = KataFiles.ListHypervisors(directory =>
            Directory.Exists(machine.At(directory)) ? Directory.EnumerateFiles(machine.At(directory), "*.toml") : []
        );
        return known.Count > 0 ? $"the Kata that is installed has {string.Join(", ", known)}"
            : kata.Install is InstallSpec.Present
                ? "install Kata Containers, or say install: { archive: ... } in the node document"
            : "the archive is not one of Kata's static ones";
    }
}
