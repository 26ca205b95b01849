using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>
/// A CRI-O that runs with what was meant. A file whose name comes after ours, or an option of its service, may say otherwise,
/// and a handler that it cannot use it leaves out with a line in its log. Changes nothing: what failed is taken back by its
/// own steps. Stateless.
/// </summary>
/// <param name="resolve">What its configuration shall say, from the machine as it is.</param>
internal sealed class CrioSeesResource(RuntimeSpec runtime, Func<Machine, CrioConfig> resolve) : IResource
{
    public const string KindName = "crio-sees";

    /// <summary>What CRI-O calls itself; another program behind its socket has another configuration.</summary>
    private const string CrioName = "cri-o";

    /// <summary>More of the same does not help a person.</summary>
    private const int FaultsToShow = 3;

    public string Kind => KindName;

    public string Id => $"{Kind}:{runtime.Name}";

    public string Title => $"{runtime.Name} runs with its configuration as it is meant";

    public string? Why => null;

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(runtime.Socket))
        {
            return Inspection.Differs($"{runtime.Name} does not run yet");
        }
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
                return Inspection.AsWanted($"{version.RuntimeName} answers at its socket and was not asked");
            }
            var config = resolve(machine);
            var page = await CrioPage.ReadConfigAsync(machine.At(runtime.Socket), cancellationToken);
            var faults = page is not null
                ? config.FindFaults(page)
                : await AskCriAsync(endpoint, config, cancellationToken);
            return faults.Count == 0
                ? Inspection.AsWanted($"{runtime.Name} sees what is meant")
                : Inspection.Differs(
                    $"{runtime.Name} does not see what is meant: {string.Join("; ", faults.Take(FaultsToShow))}"
                        + (faults.Count > FaultsToShow ? $"; and {faults.Count - FaultsToShow} more" : "")
                );
        }
        catch (CriException cause)
        {
            return Inspection.Differs(cause.Message);
        }
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject());

    /// <exception cref="NodeException">Unless it is so: it can only be put right by the files, which were written before.</exception>
    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var now = await InspectAsync(machine, cancellationToken);
        if (now.IsAsWanted)
        {
            return;
        }
        var directory = Path.GetDirectoryName(runtime.ConfigFile)!;
        var later = machine
            .ListFiles(directory)
            .Where(file => string.CompareOrdinal(file, runtime.ConfigFile) > 0)
            .Select(file => Path.GetFileName(file));
        var suspects = string.Join(", ", later);
        var words = await RuntimeWords.ReadAsync(machine, runtime.Service, cancellationToken);
        throw new NodeException(
            NodeReason.RuntimeFailed,
            $"cannot configure {runtime.Name}: {now.Summary}; {words}"
                + (
                    suspects.Length > 0
                        ? $"look into what comes later in {directory}: {suspects}"
                        : "look into the options of its service"
                )
                + ", and compare with: crio status config"
        );
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
