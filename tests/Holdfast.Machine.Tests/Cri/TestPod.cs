using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Cri;

/// <summary>A sandbox in a real runtime, made and used through CRI; gone with this object.</summary>
internal sealed class TestPod : IAsyncDisposable
{
    private readonly RuntimeEndpoint endpoint;
    private readonly PodSandboxConfig config;

    private TestPod(RuntimeEndpoint endpoint, PodSandboxConfig config)
    {
        this.endpoint = endpoint;
        this.config = config;
    }

    public string Id { get; private set; } = "";

    public string LogDirectory => config.LogDirectory;

    public static async Task<TestPod> RunAsync(RuntimeEndpoint endpoint, string logDirectory, string handler = "")
    {
        var uid = Guid.NewGuid().ToString();
        var pod = new TestPod(
            endpoint,
            new PodSandboxConfig
            {
                Metadata = new PodSandboxMetadata
                {
                    Name = "pod",
                    Namespace = "default",
                    Uid = uid,
                },
                Hostname = "pod",
                LogDirectory = Path.Join(logDirectory, uid),
                Labels = { ["io.kubernetes.pod.uid"] = uid },
                Linux = new LinuxPodSandboxConfig(),
            }
        );
        Directory.CreateDirectory(pod.LogDirectory);
        var request = new RunPodSandboxRequest { Config = pod.config, RuntimeHandler = handler };
        pod.Id = (await endpoint.RunPodSandboxAsync(request, default)).PodSandboxId;
        return pod;
    }

    /// <summary>Creates and starts a container that runs a line of shell.</summary>
    public async Task<string> StartAsync(string name, string script)
    {
        var id = await CreateAsync(name, TestImages.BusyboxReference, "/bin/sh", "-c", script);
        await endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = id }, default);
        return id;
    }

    public async Task<string> CreateAsync(string name, string image, params string[] command)
    {
        var request = new CreateContainerRequest
        {
            PodSandboxId = Id,
            SandboxConfig = config,
            Config = new ContainerConfig
            {
                Metadata = new ContainerMetadata { Name = name },
                Image = new ImageSpec { Image = image },
                LogPath = $"{name}.log",
                Linux = new LinuxContainerConfig(),
            },
        };
        request.Config.Command.AddRange(command);
        return (await endpoint.CreateContainerAsync(request, default)).ContainerId;
    }

    public async ValueTask DisposeAsync()
    {
        await endpoint.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = Id }, default);
        await endpoint.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = Id }, default);
    }
}
