using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// Whether a containerd reads its configuration as intended. It ignores a key in a wrong place without a word, and a file that
/// another one imports may say otherwise, so it is asked before it is restarted.
/// </summary>
internal static class ContainerdConfigCheck
{
    /// <summary>More of the same does not help a person.</summary>
    private const int FaultsToShow = 3;

    public static Guard For(ContainerdInstance instance) =>
        new(
            $"{instance.Runtime.Name} reads its configuration as intended",
            (machine, token) => AskAsync(instance, machine, token)
        );

    private static async Task<string?> AskAsync(
        ContainerdInstance instance,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var (name, file) = (instance.Runtime.Name, instance.Runtime.ConfigFile);
        if (await FindFaultAsync(instance, machine, cancellationToken) is not { } fault)
        {
            return null;
        }
        return $"cannot configure {name}: {fault}; look into {file} and the files that it imports, and compare with: "
            + $"{instance.Program.Path} --config {file} config dump";
    }

    private static async Task<string?> FindFaultAsync(
        ContainerdInstance instance,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        if (!machine.Exists(instance.Program.Path))
        {
            return $"{instance.Program.Path} does not exist";
        }
        var file = instance.Runtime.ConfigFile;
        var main = await machine.ReadBytesAsync(file, cancellationToken);
        var config = await instance.ResolveAsync(machine, cancellationToken);
        try
        {
            var dump = await instance.Program.DumpConfigAsync(machine, file, cancellationToken);
            var faults = config.FindFaults(main, TomlDocument.Parse(dump, "containerd config dump"));
            return faults.Count == 0 ? null : Describe(instance.Runtime.Name, faults);
        }
        catch (NodeException refusal) when (refusal.Reason == NodeReason.RuntimeFailed)
        {
            return refusal.Message;
        }
    }

    /// <summary>For people: the first faults, and how many there are besides.</summary>
    internal static string Describe(string runtime, IReadOnlyList<string> faults) =>
        $"{runtime} does not read its configuration as intended: {string.Join("; ", faults.Take(FaultsToShow))}"
        + (faults.Count > FaultsToShow ? $"; and {faults.Count - FaultsToShow} more" : "");
}
