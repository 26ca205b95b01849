using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Containerd;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>
/// Whether a CRI-O runs with its configuration as intended. A file whose name comes after Holdfast's, or an option of its
/// service, may say otherwise, and a handler that it cannot use it leaves out with a line in its log.
/// </summary>
internal static class CrioConfigCheck
{
    /// <summary>What CRI-O calls itself; another program behind its socket has another configuration.</summary>
    private const string CrioName = "cri-o";

    /// <param name="resolve">What its configuration has to say, from the machine as it is.</param>
    public static Guard For(RuntimeSpec runtime, Func<Machine, CrioConfig> resolve) =>
        new(
            $"{runtime.Name} runs with its configuration as intended",
            (machine, token) => AskAsync(runtime, resolve, machine, token)
        );

    private static async Task<string?> AskAsync(
        RuntimeSpec runtime,
        Func<Machine, CrioConfig> resolve,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        if (await FindFaultAsync(runtime, resolve, machine, cancellationToken) is not { } fault)
        {
            return null;
        }
        var directory = Path.GetDirectoryName(runtime.ConfigFile)!;
        var later = machine
            .ListFiles(directory)
            .Where(file => string.CompareOrdinal(file, runtime.ConfigFile) > 0)
            .Select(file => Path.GetFileName(file));
        var suspects = string.Join(", ", later);
        var errors = await RuntimeLogErrors.ReadAsync(machine, runtime.Service, cancellationToken);
        return $"cannot configure {runtime.Name}: {fault}; {errors}"
            + (
                suspects.Length > 0
                    ? $"look into what comes later in {directory}: {suspects}"
                    : "look into the options of its service"
            )
            + ", and compare with: crio status config";
    }

    private static async Task<string?> FindFaultAsync(
        RuntimeSpec runtime,
        Func<Machine, CrioConfig> resolve,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var endpoint = new RuntimeEndpoint(
                new RuntimeEndpointOptions(runtime.Name, machine.At(runtime.Socket)),
                machine.Time,
                machine.Logs
            );
            var version = await endpoint.ConnectAsync(cancellationToken);
            if (version.RuntimeName != CrioName)
            {
                return null;
            }
            var config = resolve(machine);
            var page = await CrioPage.ReadConfigAsync(machine.At(runtime.Socket), cancellationToken);
            var faults = page is not null
                ? config.FindFaults(page)
                : await AskCriAsync(endpoint, config, cancellationToken);
            return faults.Count == 0 ? null : ContainerdConfigCheck.Describe(runtime.Name, faults);
        }
        catch (CriException cause)
        {
            return cause.Message;
        }
    }

    /// <summary>Without its page: what CRI itself says, which is the driver and the pause image, since 1.28.</summary>
    private static async Task<IReadOnlyList<string>> AskCriAsync(
        RuntimeEndpoint endpoint,
        CrioConfig config,
        CancellationToken cancellationToken
    )
    {
        var faults = new List<string>();
        try
        {
            var answer = await endpoint.RuntimeConfigAsync(new RuntimeConfigRequest(), cancellationToken);
            var isSystemd = answer.Linux?.CgroupDriver == Cri.V1.CgroupDriver.Systemd;
            if (answer.Linux is not null && isSystemd != config.UseSystemdCgroup)
            {
                faults.Add(
                    $"its cgroup driver is {(isSystemd ? "systemd" : "cgroupfs")} instead of {(isSystemd ? "cgroupfs" : "systemd")}"
                );
            }
        }
        catch (CriException old) when (old.Reason == CriReason.Unimplemented)
        {
            // Nobody can be asked: the probe's pod will show it.
        }
        var status = await endpoint.StatusAsync(new StatusRequest { Verbose = true }, cancellationToken);
        if (SandboxImageOf(status) is { } image && image != config.SandboxImage)
        {
            faults.Add($"its pause image is {image} instead of {config.SandboxImage}");
        }
        return faults;
    }

    private static string? SandboxImageOf(StatusResponse status)
    {
        try
        {
            return status.Info.TryGetValue("config", out var json)
                ? (string?)(JsonNode.Parse(json) as JsonObject)?["sandboxImage"]
                : null;
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException)
        {
            // Whatever it is, it is not what CRI-O shows.
            return null;
        }
    }
}
