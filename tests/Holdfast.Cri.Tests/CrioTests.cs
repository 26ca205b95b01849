using Holdfast.Cri.Tests.Fakes;
using Holdfast.Cri.V1;
using Holdfast.Testing.Crio;

namespace Holdfast.Cri.Tests;

/// <summary>
/// What this room makes of CRI-O's answers as its sources have them (tests/Holdfast.Testing/Crio/README.md). A real CRI-O
/// is not asked anywhere.
/// </summary>
public sealed class CrioTests
{
    private const string Missing = "deadbeef";

    [Theory]
    [InlineData("1.20", "1.20.2", "v1alpha2")]
    [InlineData("1.24", "1.24.2", "v1")]
    [InlineData("1.26", "1.26.3", "v1")]
    [InlineData("1.30", "1.30.4", "v1")]
    [InlineData("1.34", "1.34.0", "v1")]
    public async Task Every_release_is_spoken_to_in_the_newest_CRI_that_it_knows(
        string release,
        string version,
        string api
    )
    {
        await using var crio = await RecordedCrio.StartAsync(release);
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        Assert.Equal(new RuntimeVersion("cri-o", version, api), await endpoint.ConnectAsync(default));
    }

    [Theory]
    [InlineData("1.20")]
    [InlineData("1.24")]
    [InlineData("1.26")]
    public async Task An_old_release_does_not_tell_its_cgroup_driver(string release)
    {
        await using var crio = await RecordedCrio.StartAsync(release);
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var refused = await Assert.ThrowsAsync<CriException>(() =>
            endpoint.RuntimeConfigAsync(new RuntimeConfigRequest(), default)
        );
        Assert.Equal(CriReason.Unimplemented, refused.Reason);
    }

    [Theory]
    [InlineData("1.30", null, CgroupDriver.Systemd)]
    [InlineData("1.30", "cgroupfs", CgroupDriver.Cgroupfs)]
    [InlineData("1.34", null, CgroupDriver.Systemd)]
    public async Task A_new_release_tells_its_cgroup_driver(string release, string? variant, CgroupDriver driver)
    {
        await using var crio = await RecordedCrio.StartAsync(release, variant);
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var answer = await endpoint.RuntimeConfigAsync(new RuntimeConfigRequest(), default);
        Assert.Equal(driver, answer.Linux.CgroupDriver);
    }

    [Fact]
    public async Task A_handler_that_CRI_O_does_not_have_is_refused_in_its_own_words()
    {
        await using var crio = await RecordedCrio.StartAsync("1.30");
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var request = new RunPodSandboxRequest { Config = Pod("web"), RuntimeHandler = "kata" };
        var refused = await Assert.ThrowsAsync<CriException>(() => endpoint.RunPodSandboxAsync(request, default));
        Assert.Equal(CriReason.Unknown, refused.Reason);
        Assert.StartsWith(
            "failed to find runtime handler kata from runtime list",
            refused.RuntimeMessage,
            StringComparison.Ordinal
        );
        request.RuntimeHandler = "crun";
        Assert.NotEmpty((await endpoint.RunPodSandboxAsync(request, default)).PodSandboxId);
    }

    [Theory]
    [InlineData("busy", "kubepods-podu1.slice", "name is reserved")]
    [InlineData("web", "/kubepods/podu1", "did not receive slice as parent")]
    public async Task A_name_that_is_taken_and_a_group_of_the_wrong_kind_are_told(
        string name,
        string cgroup,
        string message
    )
    {
        await using var crio = await RecordedCrio.StartAsync("1.20");
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var pod = Pod(name);
        pod.Linux = new LinuxPodSandboxConfig { CgroupParent = cgroup };
        var refused = await Assert.ThrowsAsync<CriException>(() =>
            endpoint.RunPodSandboxAsync(new RunPodSandboxRequest { Config = pod }, default)
        );
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.20")]
    [InlineData("1.34")]
    public async Task What_is_not_there_is_not_found_and_an_image_that_is_not_there_is_no_error(string release)
    {
        await using var crio = await RecordedCrio.StartAsync(release);
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var pod = new PodSandboxStatusRequest { PodSandboxId = Missing };
        var container = new ContainerStatusRequest { ContainerId = Missing };
        var image = new ImageStatusRequest { Image = new ImageSpec { Image = "quay.io/none:1" } };
        var noPod = await Assert.ThrowsAsync<CriException>(() => endpoint.PodSandboxStatusAsync(pod, default));
        var noContainer = await Assert.ThrowsAsync<CriException>(() =>
            endpoint.ContainerStatusAsync(container, default)
        );
        Assert.Equal((CriReason.NotFound, CriReason.NotFound), (noPod.Reason, noContainer.Reason));
        var remove = new RemoveContainerRequest { ContainerId = Missing };
        var notRemoved = await Assert.ThrowsAsync<CriException>(() => endpoint.RemoveContainerAsync(remove, default));
        Assert.Equal(CriReason.NotFound, notRemoved.Reason);
        await endpoint.StopContainerAsync(new StopContainerRequest { ContainerId = Missing }, default);
        Assert.Null((await endpoint.ImageStatusAsync(image, default)).Image);
    }

    [Theory]
    [InlineData("docker.io/library/nginx:latest", null, "nginx")]
    [InlineData("quay.io/uid:1", 65532L, "")]
    public async Task The_user_of_an_image_is_a_number_or_a_name(string image, long? uid, string name)
    {
        await using var crio = await RecordedCrio.StartAsync("1.30");
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = image } };
        var found = (await endpoint.ImageStatusAsync(request, default)).Image;
        Assert.Equal((uid, name), (found.Uid?.Value, found.Username));
    }

    private static PodSandboxConfig Pod(string name) =>
        new()
        {
            Metadata = new PodSandboxMetadata
            {
                Name = name,
                Namespace = "default",
                Uid = "u1",
            },
        };
}
