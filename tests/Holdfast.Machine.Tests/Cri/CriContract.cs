using System.Text;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Cri;

/// <summary>What every runtime must do for us, whatever version of CRI it speaks. Each runtime inherits these tests.</summary>
public abstract class CriContract(CriContractFixture fixture)
{
    private readonly RuntimeEndpoint runtime = fixture.Endpoint;

    [Fact]
    public async Task It_says_what_it_is()
    {
        var version = await runtime.ConnectAsync(default);
        Assert.Equal("containerd", version.RuntimeName);
        Assert.Equal(fixture.Api, version.ApiVersion);
        Assert.StartsWith(fixture.Line, version.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_ready_and_so_is_its_network()
    {
        var status = await runtime.StatusAsync(new StatusRequest(), default);
        Assert.All(status.Status.Conditions, condition => Assert.True(condition.Status, condition.ToString()));
        // Since 1.7 containerd adds one about deprecations, since 2.1 the handlers' features are told too.
        Assert.Superset(
            new HashSet<string> { "NetworkReady", "RuntimeReady" },
            status.Status.Conditions.Select(c => c.Type).ToHashSet()
        );
    }

    [Fact]
    public async Task A_pod_lives_from_its_sandbox_to_its_removal()
    {
        await using var pod = await TestPod.RunAsync(runtime, fixture.Logs);
        var sandbox = await runtime.PodSandboxStatusAsync(
            new PodSandboxStatusRequest { PodSandboxId = pod.Id },
            default
        );
        Assert.Equal(PodSandboxState.SandboxReady, sandbox.Status.State);
        Assert.StartsWith(
            fixture.Containerd.Subnet[..fixture.Containerd.Subnet.LastIndexOf('.')],
            sandbox.Status.Network.Ip
        );

        var id = await pod.StartAsync("main", "echo hello; exec sleep 1000");
        var running = await StatusAsync(id);
        Assert.Equal(ContainerState.ContainerRunning, running.State);

        var exec = await runtime.ExecSyncAsync(
            new ExecSyncRequest { ContainerId = id, Cmd = { "sh", "-c", "cat /etc/hostname; hostname; exit 3" } },
            default
        );
        Assert.Equal(3, exec.ExitCode);
        Assert.Contains("pod", exec.Stdout.ToString(Encoding.UTF8), StringComparison.Ordinal);

        var log = Path.Join(pod.LogDirectory, "main.log");
        await Eventually.IsTrueAsync("the log has its line", () => File.ReadAllText(log).Contains("stdout F hello\n"));

        await runtime.StopContainerAsync(new StopContainerRequest { ContainerId = id, Timeout = 1 }, default);
        var stopped = await StatusAsync(id);
        Assert.Equal(ContainerState.ContainerExited, stopped.State);
        Assert.True(stopped.FinishedAt >= stopped.StartedAt);

        await runtime.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = id }, default);
        var error = await Assert.ThrowsAsync<CriException>(() => StatusAsync(id));
        Assert.Equal(CriReason.NotFound, error.Reason);
    }

    [Fact]
    public async Task Lists_find_by_label_and_sandbox()
    {
        await using var pod = await TestPod.RunAsync(runtime, fixture.Logs);
        await using var other = await TestPod.RunAsync(runtime, fixture.Logs);
        var id = await pod.StartAsync("main", "exec sleep 1000");
        var byPod = new ListContainersRequest { Filter = new ContainerFilter { PodSandboxId = pod.Id } };
        var byOther = new ListContainersRequest { Filter = new ContainerFilter { PodSandboxId = other.Id } };
        Assert.Equal(id, Assert.Single((await runtime.ListContainersAsync(byPod, default)).Containers).Id);
        Assert.Empty((await runtime.ListContainersAsync(byOther, default)).Containers);
        var byUid = new ListPodSandboxRequest
        {
            Filter = new PodSandboxFilter
            {
                LabelSelector = { ["io.kubernetes.pod.uid"] = Path.GetFileName(other.LogDirectory) },
            },
        };
        Assert.Equal(other.Id, Assert.Single((await runtime.ListPodSandboxAsync(byUid, default)).Items).Id);
    }

    [Fact]
    public async Task Events_tell_the_start_and_the_end_of_a_container_but_not_of_a_command_in_it()
    {
        await using var events = runtime.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        await using var pod = await TestPod.RunAsync(runtime, fixture.Logs);
        var id = await pod.StartAsync("main", "while [ ! -e /go ]; do sleep 0.05; done; exit 7");
        await runtime.ExecSyncAsync(new ExecSyncRequest { ContainerId = id, Cmd = { "touch", "/go" } }, default);
        var seen = new List<RuntimeEvent>();
        while (!seen.Exists(item => item.Id == id && item.Kind == RuntimeEventKind.Exited))
        {
            seen.Add(await NextAsync(events));
        }

        var own = seen.Where(item => item.Id == id).ToList();
        Assert.Equal(
            [RuntimeEventKind.Created, RuntimeEventKind.Started, RuntimeEventKind.Exited],
            own.Select(e => e.Kind)
        );
        Assert.Equal(7, own[^1].ExitCode);
        Assert.InRange(own[^1].At, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Contains(seen, item => item.Id == pod.Id && item.Kind == RuntimeEventKind.Started);
        await Eventually.IsTrueAsync(
            "the list says so too",
            async () => (await StatusAsync(id)).State == ContainerState.ContainerExited
        );
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var absent = new string('0', 64);
        await FailsAsync(CriReason.NotFound, () => StatusAsync(absent));
        await FailsAsync(
            CriReason.NotFound,
            () => runtime.StartContainerAsync(new StartContainerRequest { ContainerId = absent }, default)
        );
        await FailsAsync(
            CriReason.NotFound,
            () => runtime.PodSandboxStatusAsync(new PodSandboxStatusRequest { PodSandboxId = absent }, default)
        );
        var image = new ImageSpec { Image = "holdfast.local/absent:1" };
        Assert.Null((await runtime.ImageStatusAsync(new ImageStatusRequest { Image = image }, default)).Image);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_exceeds_its_deadline()
    {
        await using var pod = await TestPod.RunAsync(runtime, fixture.Logs);
        var id = await pod.StartAsync("main", "exec sleep 1000");
        var request = new ExecSyncRequest
        {
            ContainerId = id,
            Cmd = { "sleep", "1000" },
            Timeout = 1,
        };
        await FailsAsync(CriReason.DeadlineExceeded, () => runtime.ExecSyncAsync(request, default));
    }

    [Fact]
    public async Task A_call_beyond_its_own_deadline_is_given_up()
    {
        var options = runtime.Options with { Deadlines = new CallDeadlines { Change = TimeSpan.FromMilliseconds(1) } };
        await using var hasty = fixture.Connect(options);
        await hasty.ConnectAsync(default);
        await FailsAsync(CriReason.DeadlineExceeded, () => TestPod.RunAsync(hasty, fixture.Logs));
    }

    [Fact]
    public async Task Fifty_lists_at_once_are_answered()
    {
        var lists = Enumerable.Range(0, 50).Select(_ => runtime.ListImagesAsync(new ListImagesRequest(), default));
        foreach (var list in await Task.WhenAll(lists))
        {
            Assert.Contains(list.Images, image => image.RepoTags.Contains(TestImages.BusyboxReference));
        }
    }

    private async Task<ContainerStatus> StatusAsync(string id) =>
        (await runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = id }, default)).Status;

    private static async Task<RuntimeEvent> NextAsync(IAsyncEnumerator<RuntimeEvent> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Eventually.DefaultLimit));
        return events.Current;
    }

    private static async Task FailsAsync(CriReason reason, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<CriException>(call);
        Assert.True(error.Reason == reason, $"{error.Reason}, not {reason}: {error}");
    }
}
