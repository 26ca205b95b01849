using System.Net;
using Holdfast.Node.Software;

namespace Holdfast.Node.Tests.Software;

public sealed class TransferTests : IDisposable
{
    private const int Chunks = 6;
    private readonly TemporaryMachine node = new();
    private readonly List<string> news = [];

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task A_long_download_tells_how_far_it_is()
    {
        await FetchAsync(new DownloadLimits { ReportInterval = TimeSpan.FromMilliseconds(1) });
        Assert.InRange(news.Count, 3, Chunks);
        Assert.Equal("fetching h.example: 0.1 of 0.6 MB", news[0]);
        Assert.All(news, line => Assert.Matches(@"^fetching h\.example: 0\.[1-6] of 0\.6 MB$", line));
        Assert.Equal(news.Distinct(), news);
    }

    [Fact]
    public async Task A_short_one_tells_nothing()
    {
        await FetchAsync(new DownloadLimits { ReportInterval = TimeSpan.FromMinutes(1) });
        Assert.Empty(news);
    }

    private async Task FetchAsync(DownloadLimits limits)
    {
        using var client = new HttpClient(new SlowServer());
        var machine = node.Machine.WithProgress(new Collector(news));
        var part = Path.Join(node.Root, "part");
        await new Transfer(client, machine, limits).FetchAsync(new Uri("http://h.example/a"), part, default);
        Assert.Equal(Chunks * SlowServer.ChunkLength, new FileInfo(part).Length);
    }

    private sealed class Collector(List<string> news) : IProgress<string>
    {
        public void Report(string value) => news.Add(value);
    }

    /// <summary>Sends a chunk every few milliseconds.</summary>
    private sealed class SlowServer : HttpMessageHandler
    {
        public const int ChunkLength = 100_000;

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var content = new StreamContent(new SlowStream());
            content.Headers.ContentLength = Chunks * ChunkLength;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }

    private sealed class SlowStream() : MemoryStream(new byte[Chunks * SlowServer.ChunkLength])
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            await Task.Delay(5, cancellationToken);
            return await base.ReadAsync(buffer[..Math.Min(buffer.Length, SlowServer.ChunkLength)], cancellationToken);
        }
    }
}
