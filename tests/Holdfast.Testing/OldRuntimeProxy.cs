using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Holdfast.Testing;

/// <summary>
/// Makes a runtime that speaks both versions of CRI look like one that knows v1alpha2 only: passes everything on to the
/// real one, except CRI v1, which it refuses as a gRPC server refuses services it does not have.
/// </summary>
public sealed class OldRuntimeProxy : IAsyncDisposable
{
    private const int Unimplemented = 12;

    private readonly TemporaryDirectory directory = new("hfp");
    private readonly HttpMessageInvoker runtime;
    private readonly WebApplication app;

    private OldRuntimeProxy(string runtimeSocket)
    {
        runtime = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(runtimeSocket), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        );
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ListenUnixSocket(SocketPath, listen => listen.Protocols = HttpProtocols.Http2)
        );
        app = builder.Build();
        app.Run(PassAsync);
    }

    public string SocketPath => directory["old.sock"];

    /// <summary>How many calls of CRI v1 were refused.</summary>
    public int Refused { get; private set; }

    public static async Task<OldRuntimeProxy> StartAsync(string runtimeSocket)
    {
        var proxy = new OldRuntimeProxy(runtimeSocket);
        await proxy.app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        runtime.Dispose();
        directory.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.StartsWith("/runtime.v1.", StringComparison.Ordinal))
        {
            Refused++;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = $"{Unimplemented}";
            context.Response.Headers["grpc-message"] = "unknown service";
            return;
        }

        using var request = MakeRequest(context);
        using var answer = await runtime.SendAsync(request, context.RequestAborted);
        context.Response.ContentType = "application/grpc";
        foreach (
            var (name, values) in answer.Headers.Where(header =>
                header.Key.StartsWith("grpc-", StringComparison.Ordinal)
            )
        )
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        foreach (var (name, values) in answer.TrailingHeaders)
        {
            context.Response.AppendTrailer(name, values.ToArray());
        }
    }

    private static HttpRequestMessage MakeRequest(HttpContext context)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost{context.Request.Path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(context.Request.Body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        foreach (var name in new[] { "te", "grpc-timeout", "containerd-namespace" })
        {
            if (context.Request.Headers.TryGetValue(name, out var values))
            {
                request.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return request;
    }
}
