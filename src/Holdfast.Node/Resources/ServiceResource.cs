using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Holdfast.Node.Resources;

/// <summary>
/// A service that runs, comes back after a reboot and was started after the files it reads were last changed. The last
/// heals a crash between the writing of a configuration and the restart: the next run sees an old process.
/// </summary>
internal sealed class ServiceResource : IResource
{
    public const string KindName = "old-service";

    /// <summary>
    /// How long it may take until the socket answers: containerd with a large image store on a slow card, or anything on
    /// an emulated processor that has other work too. One that ended is noticed at once.
    /// </summary>
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(3);

    /// <summary>A service that lives this long after its start does not fall over its configuration.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan FirstPollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Each look runs systemctl, which on a slow machine takes the processor from what it waits for.</summary>
    private static readonly TimeSpan LongestPollInterval = TimeSpan.FromSeconds(1);

    private readonly ServiceDefinition definition;
    private readonly IReadOnlyList<string> configFiles;

    /// <param name="configFiles">What it reads at its start, its program included if Holdfast replaces that.</param>
    public ServiceResource(ServiceDefinition definition, IReadOnlyList<string> configFiles)
    {
        this.definition = definition;
        this.configFiles = configFiles;
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{definition.Name}";

    public string Title => $"service {definition.Name} runs with its configuration";

    public string? Why { get; init; }

    /// <summary>Unix socket that answers when the service is ready; null when running is enough.</summary>
    public string? ReadySocket { get; init; }

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var name = definition.Name;
        var status = await machine.Services.StatusAsync(name, cancellationToken);
        if (!status.IsRunning)
        {
            return Inspection.Differs($"{name} does not run");
        }

        if (!status.IsEnabled)
        {
            return Inspection.Differs($"{name} runs, but does not start after a reboot");
        }

        if (ConfigAge.ChangedSince(machine, status.StartedAt, configFiles) is { } changed)
        {
            return Inspection.Differs($"{name} was started before {changed} was changed");
        }

        return await machine.Services.RunsAsync(definition, cancellationToken)
            ? Inspection.AsWanted($"{name} runs")
            : Inspection.Differs($"{name} runs with another definition");
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var status = await machine.Services.StatusAsync(definition.Name, cancellationToken);
        return new JsonObject
        {
            ["name"] = definition.Name,
            ["known"] = status.IsKnown,
            ["enabled"] = status.IsEnabled,
            ["running"] = status.IsRunning,
            ["configFiles"] = new JsonArray(configFiles.Select(file => (JsonNode)file).ToArray()),
        };
    }

    /// <summary>A later version may read other files than the one that was recorded first.</summary>
    public Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult<JsonObject?>(
            new JsonObject { ["configFiles"] = new JsonArray([.. configFiles.Select(file => (JsonNode)file)]) }
        );

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        await ConfigAge.WaitUntilSettledAsync(machine, configFiles, cancellationToken);
        var status = await machine.Services.StatusAsync(definition.Name, cancellationToken);
        var isStale =
            ConfigAge.ChangedSince(machine, status.StartedAt, configFiles) is not null
            || !await machine.Services.RunsAsync(definition, cancellationToken);
        if (status.IsRunning && isStale)
        {
            await machine.Services.RestartAsync(definition, cancellationToken);
        }
        else
        {
            await machine.Services.StartAsync(definition, cancellationToken);
        }

        await WaitUntilReadyAsync(machine, cancellationToken);
    }

    private async Task WaitUntilReadyAsync(Machine machine, CancellationToken cancellationToken)
    {
        var start = machine.Time.GetTimestamp();
        var first = await machine.Services.StatusAsync(definition.Name, cancellationToken);
        var pollInterval = FirstPollInterval;
        while (true)
        {
            var isReady = ReadySocket is null || await AnswersAsync(machine.At(ReadySocket), cancellationToken);
            var elapsed = machine.Time.GetElapsedTime(start);
            if (isReady && elapsed > SettleTime)
            {
                return;
            }

            var now = await machine.Services.StatusAsync(definition.Name, cancellationToken);
            if (!now.IsRunning || now.ProcessId != first.ProcessId)
            {
                throw await FailedAsync(machine, "it ended right after its start", cancellationToken);
            }

            if (elapsed > ReadyTimeout)
            {
                throw await FailedAsync(
                    machine,
                    $"{ReadySocket} does not answer after {ReadyTimeout.TotalSeconds} s",
                    cancellationToken
                );
            }

            await Task.Delay(pollInterval, machine.Time, cancellationToken);
            pollInterval = TimeSpan.FromTicks(Math.Min(pollInterval.Ticks * 3 / 2, LongestPollInterval.Ticks));
        }
    }

    private async Task<NodeException> FailedAsync(Machine machine, string why, CancellationToken cancellationToken)
    {
        var lines = await machine.Services.ReadLastLinesAsync(definition.Name, 5, cancellationToken);
        var words = lines.Count == 0 ? "" : $"; its last words: {string.Join(" | ", lines)}";
        var files = configFiles.Count == 0 ? "" : $"; check {string.Join(", ", configFiles)}";
        return new NodeException(NodeReason.ServiceFailed, $"cannot start {definition.Name}: {why}{words}{files}");
    }

    private static async Task<bool> AnswersAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>
/// Stops and disables a service that did not run before us. One that did is started again with its original
/// configuration, after all files are back. Stateless.
/// </summary>
internal sealed class ServiceUndo : IUndo
{
    public string Kind => ServiceResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var name = (string)change.Original["name"]!;
        var wasRunning = (bool)change.Original["running"]!;
        var wasEnabled = (bool)change.Original["enabled"]!;
        var status = await machine.Services.StatusAsync(name, cancellationToken);
        if (!status.IsKnown)
        {
            return null;
        }

        if (!wasRunning || !wasEnabled)
        {
            // A service that shall go on running must not be stopped only to be disabled.
            await machine.Services.StopAsync(name, stop: !wasRunning, disable: !wasEnabled, cancellationToken);
        }

        return null;
    }

    public async Task SettleAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var name = (string)change.Original["name"]!;
        await machine.Services.RefreshAsync(cancellationToken);
        if (!(bool)change.Original["running"]!)
        {
            return;
        }

        var files = change.Original["configFiles"]!.AsArray().Select(file => (string)file!);
        var status = await machine.Services.StatusAsync(name, cancellationToken);
        if (
            status.IsKnown
            && (!status.IsRunning || ConfigAge.ChangedSince(machine, status.StartedAt, files) is not null)
        )
        {
            await ConfigAge.WaitUntilSettledAsync(machine, files, cancellationToken);
            await machine.Services.RestartKnownAsync(name, cancellationToken);
        }
    }

    public async Task FollowAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var name = (string)change.Original["name"]!;
        var status = await machine.Services.StatusAsync(name, cancellationToken);
        var files = change
            .Intents.Append(change.Original)
            .SelectMany(json => json["configFiles"] as JsonArray ?? [])
            .Select(file => (string)file!);
        if (status.IsRunning && ConfigAge.ChangedSince(machine, status.StartedAt, files) is not null)
        {
            await machine.Services.RefreshAsync(cancellationToken);
            await ConfigAge.WaitUntilSettledAsync(machine, files, cancellationToken);
            await machine.Services.RestartKnownAsync(name, cancellationToken);
        }
    }
}
