using Holdfast.Document;

namespace Holdfast.Node.Doctor;

/// <summary>Which handlers of a document put a pod into a virtual machine.</summary>
internal static class VirtualMachines
{
    public static bool AreWanted(EdgeNodeSpec spec) => HandlersOf(spec).Any();

    /// <summary>Names of the handlers; Kata's shim given as a plain one counts.</summary>
    public static IEnumerable<string> HandlersOf(EdgeNodeSpec spec) =>
        spec
            .Runtimes.SelectMany(runtime => runtime.Handlers)
            .Where(handler =>
                handler.Kind == HandlerKind.Kata
                || handler.RuntimeType.StartsWith("io.containerd.kata", StringComparison.Ordinal)
            )
            .Select(handler => handler.Name);
}
