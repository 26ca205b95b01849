using System.Net;
using System.Net.Sockets;
using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hub.Tests;

public sealed class HubServerTests : IAsyncLifetime
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("holdfast-hub-");
    private ObjectStore store = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(new NodePaths(root.FullName).StateDirectory);
        store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = new NodePaths(root.FullName).StoreDatabase },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None
        );
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        root.Delete(recursive: true);
    }

    [Fact]
    public async Task A_port_in_use_is_said_clearly()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var hub = Make(port);
        var failure = await Assert.ThrowsAsync<HubException>(() => hub.StartAsync(CancellationToken.None));

        Assert.Equal(HubReason.AddressInUse, failure.Reason);
        Assert.Contains($"cannot listen on 127.0.0.1:{port}: another process already does", failure.Message);
    }

    [Fact]
    public async Task A_second_start_on_the_same_store_finds_everything()
    {
        string kubeconfig;
        await using (var first = Make(0))
        {
            await first.StartAsync(CancellationToken.None);
            kubeconfig = await File.ReadAllTextAsync(new NodePaths(root.FullName).AdminKubeconfig);
            Assert.Contains($":{first.Port}", kubeconfig);
        }

        await using var second = Make(0);
        await second.StartAsync(CancellationToken.None);
        var again = await File.ReadAllTextAsync(new NodePaths(root.FullName).AdminKubeconfig);

        Assert.Equal(Line(kubeconfig, "client-key-data"), Line(again, "client-key-data"));
    }

    [Fact]
    public async Task Stopping_ends_watches_promptly()
    {
        var hub = Make(0);
        await hub.StartAsync(CancellationToken.None);
        using var client = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = async (_, ct) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(new NodePaths(root.FullName).HubSocket), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        );
        using var watch = await client.GetAsync(
            "http://hub/api/v1/pods?watch=1",
            HttpCompletionOption.ResponseHeadersRead
        );
        var body = watch.Content.ReadAsStringAsync();
        await hub.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal("", await body);
    }

    private HubServer Make(int port) =>
        new(
            store,
            new HubOptions("edge1", new NodePaths(root.FullName)) { Port = port },
            new FakeStreams(),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    private static string Line(string text, string key) => text.Split('\n').Single(l => l.Contains(key));
}
