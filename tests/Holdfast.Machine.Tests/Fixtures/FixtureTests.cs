using Holdfast.Cri.V1;
using Holdfast.Linux;
using Holdfast.Machine.Tests.Cri;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Fixtures;

/// <summary>The fixtures keep their word, or no other test here means anything.</summary>
public sealed class FixtureTests
{
    [Fact]
    public async Task Nginx_is_pulled_through_the_mirror_of_docker_hub_and_serves_its_page()
    {
        using var logs = new TemporaryDirectory();
        await using var registry = await LoopbackRegistry.StartAsync();
        await registry.PushAsync(await TestImages.NginxAsync());
        await using var containerd = await PrivateContainerd.StartAsync(
            new PrivateContainerdOptions { DockerHubMirror = registry.Url }
        );
        await using var endpoint = containerd.Connect();
        await endpoint.PullImageAsync(
            new PullImageRequest { Image = new ImageSpec { Image = TestImages.NginxReference } },
            default
        );
        await using var pod = await TestPod.RunAsync(endpoint, logs.Path);
        var id = await pod.CreateAsync("nginx", TestImages.NginxReference);
        await endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = id }, default);
        var status = await endpoint.PodSandboxStatusAsync(
            new PodSandboxStatusRequest { PodSandboxId = pod.Id },
            default
        );
        using var client = new HttpClient();
        var page = await Eventually.GetAsync(
            "nginx answers",
            async () =>
            {
                try
                {
                    return await client.GetStringAsync($"http://{status.Status.Network.Ip}/");
                }
                catch (HttpRequestException)
                {
                    return null;
                }
            }
        );
        Assert.Contains("Welcome to nginx", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alive")]
    [InlineData("killed")]
    [InlineData("broken")]
    public async Task A_private_containerd_leaves_nothing_behind(string state)
    {
        using var logs = new TemporaryDirectory();
        var containerd = await PrivateContainerd.StartAsync();
        string[] ids;
        await using (var endpoint = containerd.Connect())
        {
            var pod = await TestPod.RunAsync(endpoint, logs.Path);
            ids = [pod.Id, await pod.StartAsync("main", "exec sleep 1000")];
        }

        Assert.NotEmpty(containerd.FindShims());
        Assert.NotEmpty(Traces(ids));
        Assert.True(Directory.Exists($"/sys/class/net/{containerd.BridgeName}"));
        if (state != "alive")
        {
            await containerd.KillAsync();
        }

        if (state == "broken")
        {
            await File.WriteAllTextAsync(containerd.ConfigPath, "nonsense");
        }

        await containerd.DisposeAsync();
        Assert.Empty(containerd.FindShims());
        Assert.Empty(Traces(ids));
        Assert.False(Directory.Exists($"/sys/class/net/{containerd.BridgeName}"));
        Assert.False(Directory.Exists(containerd.Directory));
        Assert.Empty(MountTable.Read().Below(containerd.Directory));
    }

    /// <summary>What is named after these containers in the places that all containerds of a machine share.</summary>
    private static IEnumerable<string> Traces(string[] ids)
    {
        var shared = Directory
            .EnumerateDirectories("/sys/fs/cgroup")
            .Append("/sys/fs/cgroup")
            .Select(hierarchy => Path.Join(hierarchy, PrivateContainerd.Namespace))
            .Append($"/run/containerd/runc/{PrivateContainerd.Namespace}")
            .Append("/var/lib/cni/results")
            .Where(Directory.Exists);
        return shared
            .SelectMany(Directory.EnumerateFileSystemEntries)
            .Where(entry => ids.Any(id => entry.Contains(id, StringComparison.Ordinal)));
    }
}
