using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Machine.Tests.Software;

/// <summary>A real HTTP server on loopback that serves one file and misbehaves on demand.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private FileServer(WebApplication app)
    {
        this.app = app;
        app.Run(AnswerAsync);
    }

    public byte[] Content { get; set; } = [];

    /// <summary>Bytes after which the connection is cut, one number per request; afterwards it is not.</summary>
    public Queue<int> Cuts { get; } = new();

    /// <summary>Status codes that requests get before they are served.</summary>
    public Queue<int> Refusals { get; } = new();

    /// <summary>Sends no further byte after so many.</summary>
    public int? StallAfter { get; set; }

    public bool KnowsRanges { get; set; } = true;

    public List<string> Requests { get; } = [];

    public Dictionary<string, string> Texts { get; } = [];

    public Uri Address { get; private set; } = null!;

    public Uri At(string path) => new(Address, path);

    public static async Task<FileServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = new FileServer(builder.Build());
        await server.app.StartAsync();
        var addresses = server.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Address = new Uri(addresses.Addresses.Single());
        return server;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var range = request.Headers.Range.ToString();
        Requests.Add($"{request.Path} {range}".TrimEnd());
        if (Texts.TryGetValue(request.Path, out var text))
        {
            await response.WriteAsync(text);
            return;
        }

        if (Refusals.TryDequeue(out var refusal))
        {
            response.StatusCode = refusal;
            return;
        }

        var from = 0;
        if (KnowsRanges && range.StartsWith("bytes=", StringComparison.Ordinal))
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'));
            if (from >= Content.Length)
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                response.Headers.ContentRange = $"bytes */{Content.Length}";
                return;
            }

            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {from}-{Content.Length - 1}/{Content.Length}";
        }

        response.ContentLength = Content.Length - from;
        var end = Content.Length;
        var isCut = Cuts.TryDequeue(out var cut);
        if (isCut)
        {
            end = Math.Min(end, from + cut);
        }

        if (StallAfter is { } stall)
        {
            await response.Body.WriteAsync(Content.AsMemory(from, Math.Min(stall, end - from)));
            await response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }

        await response.Body.WriteAsync(Content.AsMemory(from, end - from));
        await response.Body.FlushAsync();
        if (isCut)
        {
            context.Abort();
        }
    }
}
