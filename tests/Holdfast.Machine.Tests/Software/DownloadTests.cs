using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Software;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Software;

/// <summary>Downloads from a real server that cuts, stalls, refuses and lies.</summary>
public sealed class DownloadTests : IAsyncLifetime
{
    private static readonly DownloadLimits Impatient = new()
    {
        FirstDelay = TimeSpan.FromMilliseconds(1),
        LongestDelay = TimeSpan.FromMilliseconds(5),
        IdleTimeout = TimeSpan.FromMilliseconds(500),
        ConnectTimeout = TimeSpan.FromSeconds(2),
    };

    private readonly string top = Directory.CreateTempSubdirectory("holdfast-download-").FullName;
    private readonly byte[] content = RandomNumberGenerator.GetBytes(300_000);
    private FileServer server = null!;
    private FileServer mirror = null!;

    public async Task InitializeAsync()
    {
        server = await FileServer.StartAsync();
        mirror = await FileServer.StartAsync();
        server.Content = mirror.Content = content;
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await mirror.DisposeAsync();
        Directory.Delete(top, recursive: true);
    }

    [Fact]
    public async Task A_file_is_fetched_once_and_lies_under_its_checksum()
    {
        var file = await FetchAsync(Spec());
        Assert.Equal(Hash(content), Path.GetFileName(file.Path));
        Assert.Equal(content, File.ReadAllBytes(file.Path));
        Assert.Single(Directory.GetFiles(Paths.DownloadsDirectory));
        // On a busy machine a connection may be cut, and be resumed.
        var asked = server.Requests.Count;
        await FetchAsync(Spec());
        Assert.Equal(asked, server.Requests.Count);
    }

    [Fact]
    public async Task Cut_connections_are_resumed_where_they_ended()
    {
        foreach (var cut in (int[])[100_000, 1, 50_000])
        {
            server.Cuts.Enqueue(cut);
        }

        await FetchAsync(Spec());
        Assert.True(server.Requests.Count > 1);
        Assert.Equal("/a.tar.gz", server.Requests[0]);
        Assert.Contains("/a.tar.gz bytes=100000-", server.Requests);
    }

    [Fact]
    public async Task A_later_process_goes_on_where_an_earlier_one_was_killed()
    {
        Directory.CreateDirectory(Paths.DownloadsDirectory);
        var part = Path.Join(Paths.DownloadsDirectory, Hash(content) + ".part");
        File.WriteAllBytes(part, content[..123_456]);
        await FetchAsync(Spec());
        Assert.Equal(["/a.tar.gz bytes=123456-"], server.Requests);
    }

    [Fact]
    public async Task A_part_with_another_beginning_is_thrown_away_when_the_checksum_shows_it()
    {
        Directory.CreateDirectory(Paths.DownloadsDirectory);
        File.WriteAllBytes(Path.Join(Paths.DownloadsDirectory, Hash(content) + ".part"), new byte[5000]);
        await FetchAsync(Spec());
        Assert.Equal(["/a.tar.gz bytes=5000-", "/a.tar.gz"], server.Requests);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task Range_not_satisfiable_means_complete_or_wrong(int tooMuch)
    {
        Directory.CreateDirectory(Paths.DownloadsDirectory);
        var part = Path.Join(Paths.DownloadsDirectory, Hash(content) + ".part");
        File.WriteAllBytes(part, [.. content, .. new byte[tooMuch]]);
        var file = await FetchAsync(Spec());
        Assert.Equal(content, File.ReadAllBytes(file.Path));
        Assert.Equal(tooMuch == 0 ? 1 : 2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_without_ranges_is_good_enough()
    {
        server.KnowsRanges = false;
        server.Cuts.Enqueue(100_000);
        await FetchAsync(Spec());
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_in_trouble_is_asked_again_and_one_that_stalls_is_given_up()
    {
        server.Refusals.Enqueue(503);
        server.Refusals.Enqueue(429);
        await FetchAsync(Spec());
        Assert.Equal(3, server.Requests.Count);

        File.Delete(Path.Join(Paths.DownloadsDirectory, Hash(content)));
        server.StallAfter = 0;
        await FetchAsync(Spec() with { Mirrors = [mirror.At("b.tar.gz")] });
        Assert.Equal(["/b.tar.gz"], mirror.Requests);
    }

    [Fact]
    public async Task Mirrors_get_their_turn_in_order_and_what_came_so_far_is_used()
    {
        server.Cuts.Enqueue(200_000);
        server.Refusals.Enqueue(500);
        for (var i = 0; i < 20; i++)
        {
            server.Refusals.Enqueue(500);
        }

        await using var missing = await FileServer.StartAsync();
        missing.Refusals.Enqueue(404);
        var file = await FetchAsync(Spec() with { Mirrors = [missing.At("x.tar.gz"), mirror.At("b.tar.gz")] });
        Assert.Equal(content, File.ReadAllBytes(file.Path));
        Assert.Equal(Impatient.MaxFruitlessAttempts, server.Requests.Count);
        Assert.Single(missing.Requests);
        Assert.Single(mirror.Requests);
    }

    [Fact]
    public async Task A_wrong_checksum_is_told_with_what_came_and_leaves_nothing()
    {
        var wrong = await Assert.ThrowsAsync<NodeException>(() =>
            FetchAsync(Spec() with { Sha256 = new string('0', 64) })
        );
        Assert.Equal(NodeReason.ArchiveRefused, wrong.Reason);
        Assert.Contains(Hash(content), wrong.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", wrong.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Paths.DownloadsDirectory));
    }

    [Fact]
    public async Task A_mirror_with_the_right_file_makes_up_for_an_address_with_a_wrong_one()
    {
        server.Content = RandomNumberGenerator.GetBytes(1000);
        var file = await FetchAsync(Spec() with { Mirrors = [mirror.At("a.tar.gz")] });
        Assert.Equal(content, File.ReadAllBytes(file.Path));
    }

    [Fact]
    public async Task The_checksum_may_be_published_beside_it()
    {
        server.Texts["/SHA256SUMS"] = $"{new string('1', 64)}  other.tar.gz\n{Hash(content)}  a.tar.gz\n";
        var spec = Spec() with { Sha256 = null, Sha256Url = server.At("SHA256SUMS") };
        Assert.Equal(Hash(content), (await FetchAsync(spec)).Sha256);

        server.Texts["/SHA256SUMS"] = "<html>";
        var failure = await Assert.ThrowsAsync<NodeException>(() => FetchAsync(spec));
        Assert.Contains("has no SHA-256 of a file of this name", failure.Message, StringComparison.Ordinal);
        server.Texts["/SHA256SUMS"] = new string('x', 2 * 1024 * 1024);
        failure = await Assert.ThrowsAsync<NodeException>(() => FetchAsync(spec));
        Assert.Equal(NodeReason.DownloadFailed, failure.Reason);
    }

    [Fact]
    public async Task Nobody_there_is_told_with_every_address_but_no_query()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var spec = Spec() with
        {
            Url = new Uri($"http://127.0.0.1:{port}/a.tar.gz?token=secret"),
            Mirrors = [new Uri("file:///nowhere/a.tar.gz")],
        };
        var failure = await Assert.ThrowsAsync<NodeException>(() => FetchAsync(spec));
        Assert.Equal(NodeReason.DownloadFailed, failure.Reason);
        Assert.Contains($"127.0.0.1:{port}/a.tar.gz", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/a.tar.gz", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_file_is_copied_and_verified()
    {
        var path = Path.Join(top, "a b.tar.gz");
        File.WriteAllBytes(path, content);
        var file = await FetchAsync(
            Spec() with
            {
                Url = new Uri("file://" + path.Replace(" ", "%20", StringComparison.Ordinal)),
            }
        );
        Assert.Equal(content, File.ReadAllBytes(file.Path));
    }

    private NodePaths Paths => new(top);

    private ArchiveSpec Spec() => new() { Url = server.At("a.tar.gz"), Sha256 = Hash(content) };

    private Task<VerifiedFile> FetchAsync(ArchiveSpec spec)
    {
        var machine = new global::Holdfast.Changes.Machine(
            Paths,
            "/",
            new SupervisedServices(Paths, [], TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        return new Download(machine, Impatient).FetchAsync(spec, CancellationToken.None);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
