using Holdfast.Document;

namespace Holdfast.Node.Runtimes.Kata;

/// <summary>
/// Whether Kata's shim and the hypervisor's configuration are where a handler's runtime will look for them; asked before the
/// runtime is told of it.
/// </summary>
internal static class KataFilesCheck
{
    public static Guard For(HandlerSpec handler)
    {
        var kata =
            handler.Kata ?? throw new ArgumentException("internal error: not a handler of Kata", nameof(handler));
        return new Guard(
            $"Kata Containers can serve the handler {handler.Name} with {kata.Hypervisor}",
            (machine, _) =>
                Task.FromResult(
                    FindFault(handler, kata, machine) is { } fault
                        ? $"cannot serve the handler {handler.Name}: {fault}; {Remedy(kata, machine)}"
                        : null
                )
        );
    }

    private static string? FindFault(HandlerSpec handler, KataSpec kata, Machine machine)
    {
        if (kata.ConfigFile is { } own && !machine.Exists(own))
        {
            return $"{own} does not exist";
        }
        if (handler.RuntimePath is { } shim)
        {
            var needsConfig = kata.ConfigFile is null && KataFiles.Find(kata, machine) is null;
            return !machine.Exists(shim) ? $"{shim} does not exist"
                : needsConfig ? $"there is no configuration for {kata.Hypervisor}"
                : null;
        }
        return KataFiles.Find(kata, machine) is null
            ? $"there is no {KataFiles.ShimName} with a configuration for {kata.Hypervisor}"
            : null;
    }

    private static string Remedy(KataSpec kata, Machine machine)
    {
        var known = KataFiles.ListHypervisors(machine);
        return known.Count > 0 ? $"the Kata that is installed has {string.Join(", ", known)}"
            : kata.Install is InstallSpec.Present
                ? "install Kata Containers, or say install: { archive: ... } in the node document"
            : "the archive is not one of Kata's static ones";
    }
}
