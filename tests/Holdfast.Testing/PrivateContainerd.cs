using Holdfast.Cri;
using Holdfast.Cri.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Testing;

/// <summary>How a private containerd is set up. Immutable.</summary>
public sealed record PrivateContainerdOptions
{
    /// <summary>Name of the endpoint.</summary>
    public string Name { get; init; } = "containerd";

    /// <summary>Handlers, all of them runc; the first is the default one.</summary>
    public IReadOnlyList<string> Handlers { get; init; } = ["runc"];

    /// <summary>Address of a registry that stands for docker.io.</summary>
    public string? DockerHubMirror { get; init; }

    /// <summary>Which of <see cref="Containerds"/>.</summary>
    public string Line { get; init; } = Containerds.V1_6;

    /// <summary>Whether the CRI plugin is loaded.</summary>
    public bool HasCri { get; init; } = true;
}

/// <summary>
/// A real containerd of its own: root, state, socket, CNI configuration and bridge are private to it, so that several can
/// run on one machine beside the machine's own. Disposing of it leaves nothing behind: containers, shims, mounts,
/// network namespaces and the bridge are taken away. For one test at a time.
/// </summary>
public sealed partial class PrivateContainerd : IAsyncDisposable
{
    /// <summary>The namespace of CRI containers in every containerd.</summary>
    public const string Namespace = "k8s.io";

    private readonly TemporaryDirectory directory = new("hfc");
    private readonly PrivateContainerdOptions options;
    private string programs = "";
    private DaemonProcess? process;

    private PrivateContainerd(PrivateContainerdOptions options)
    {
        this.options = options;

        // The random part of the directory's name keeps bridges of parallel tests apart; 15 characters at most.
        BridgeName = "hfb" + Path.GetFileName(directory.Path)[4..];
    }

    public string Directory => directory.Path;

    public string SocketPath => directory["c.sock"];

    public string ConfigPath => directory["config.toml"];

    public string LogPath => directory["containerd.log"];

    public string StateDirectory => directory["state"];

    public string BridgeName { get; }

    /// <summary>The pods' addresses, as CIDR.</summary>
    public string Subnet { get; private set; } = "";

    /// <summary>Process id of the running containerd.</summary>
    public int ProcessId => process?.Id ?? 0;

    /// <summary>Starts it, with the sandbox image and busybox imported.</summary>
    public static async Task<PrivateContainerd> StartAsync(PrivateContainerdOptions? options = null)
    {
        MachineFixture.Require();
        var containerd = new PrivateContainerd(options ?? new PrivateContainerdOptions());
        try
        {
            containerd.programs = await Containerds.FindAsync(containerd.options.Line);
            containerd.WriteConfiguration();
            await containerd.StartAgainAsync();
            await containerd.ImportAsync(await TestImages.PauseAsync());
            await containerd.ImportAsync(await TestImages.BusyboxAsync());
            return containerd;
        }
        catch
        {
            await containerd.DisposeAsync();
            throw;
        }
    }

    /// <summary>An endpoint to it; the caller disposes of it.</summary>
    public RuntimeEndpoint Connect(ILoggerFactory? loggers = null) =>
        new(
            new RuntimeEndpointOptions(options.Name, SocketPath) { Handlers = options.Handlers },
            TimeProvider.System,
            loggers ?? NullLoggerFactory.Instance
        );

    /// <summary>Kills containerd; shims and containers live on.</summary>
    public Task KillAsync() => process?.KillAsync() ?? Task.CompletedTask;

    /// <summary>Stops all threads of containerd, as a machine does whose disk hangs; shims and containers live on.</summary>
    public Task FreezeAsync() => MachineFixture.RunAsync("/bin/kill", "-STOP", $"{ProcessId}");

    public Task ThawAsync() => MachineFixture.RunAsync("/bin/kill", "-CONT", $"{ProcessId}");

    /// <summary>Starts containerd (again) and waits until it takes calls.</summary>
    public async Task StartAgainAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        // It looks for its shim in PATH before it looks beside itself.
        process = DaemonProcess.Start(
            LogPath,
            "/usr/bin/env",
            $"PATH={programs}:{Environment.GetEnvironmentVariable("PATH")}",
            Path.Join(programs, "containerd"),
            "--config",
            ConfigPath
        );
        await using var endpoint = Connect();
        await Eventually.IsTrueAsync(
            "containerd takes calls",
            async () =>
            {
                if (!process.IsRunning)
                {
                    throw new InvalidOperationException($"containerd ended:\n{process.LogTail()}");
                }

                return options.HasCri ? await AnswersAsync(endpoint) : File.Exists(SocketPath);
            }
        );
    }

    /// <summary>Imports an image into the namespace of CRI.</summary>
    public async Task ImportAsync(OciImage image)
    {
        var archive = directory["import.tar"];
        image.WriteArchive(archive);
        await CtrAsync("images", "import", archive);
        File.Delete(archive);
        if (!options.HasCri)
        {
            return;
        }

        // CRI learns of the image by an event of containerd.
        await using var endpoint = Connect();
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = image.Reference } };
        await Eventually.IsTrueAsync(
            $"CRI knows {image.Reference}",
            async () => (await endpoint.ImageStatusAsync(request, CancellationToken.None)).Image is not null
        );
    }

    /// <summary>Runs ctr against it, in the namespace of CRI, and gives what it printed.</summary>
    public Task<string> CtrAsync(params string[] arguments) =>
        MachineFixture.RunAsync(
            Path.Join(programs, "ctr"),
            ["--address", SocketPath, "--namespace", Namespace, .. arguments]
        );

    private static async Task<bool> AnswersAsync(RuntimeEndpoint endpoint)
    {
        try
        {
            await endpoint.ConnectAsync(CancellationToken.None);
            return true;
        }
        catch (CriException cause) when (cause.Reason is CriReason.Unavailable or CriReason.Unknown)
        {
            return false;
        }
    }
}
