using Holdfast.Document;
using Holdfast.Node.Runtimes.Containerd;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>
/// Whether a CRI-O runs with its configuration as intended. A file whose name comes after Holdfast's, or an option of its
/// service, may say otherwise, and a handler that it cannot use it leaves out with a line in its log.
/// </summary>
internal static class CrioConfigCheck
{
    /// <param name="resolve">What its configuration has to say, from the machine as it is.</param>
    public static Guard For(RuntimeSpec runtime, Func<Machine, CrioConfig> resolve) =>
        new(
            $"{runtime.Name} runs with its configuration as intended",
            async (machine, token) =>
                await CrioPage.ReadConfigAsync(machine.At(runtime.Socket), token) is { } page
                && resolve(machine).FindFaults(page) is { Count: > 0 } faults
                    ? await ExplainAsync(runtime, faults, machine, token)
                    : null
        );

    private static async Task<string> ExplainAsync(
        RuntimeSpec runtime,
        IReadOnlyList<string> faults,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var fault = ContainerdConfigCheck.Describe(runtime.Name, faults);
        var errors = await RuntimeLogErrors.ReadAsync(machine, runtime.Service, cancellationToken);
        var directory = Path.GetDirectoryName(runtime.ConfigFile)!;
        string[] later =
        [
            .. machine
                .ListFiles(directory)
                .Where(file => string.CompareOrdinal(file, runtime.ConfigFile) > 0)
                .Select(file => Path.GetFileName(file)),
        ];
        var suspects =
            later.Length > 0
                ? $"what comes later in {directory}: {string.Join(", ", later)}"
                : "the options of its service";
        return $"cannot configure {runtime.Name}: {fault}; {errors}look into {suspects}, and compare with: crio status config";
    }
}
