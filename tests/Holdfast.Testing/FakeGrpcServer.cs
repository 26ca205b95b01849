using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Holdfast.Testing;

/// <summary>
/// A gRPC server on a unix socket whose calls are lambdas. Speaks real HTTP/2. Like CRI-O's, the socket also answers plain
/// HTTP/1.1, where a page was given.
/// </summary>
public sealed class FakeGrpcServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<FakeCall, Task>> calls = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<string>> pages = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<ConnectionContext> connections = [];
    private readonly CancellationTokenSource stopped = new();
    private WebApplication app = null!;

    private FakeGrpcServer(string socketPath) => SocketPath = socketPath;

    public string SocketPath { get; }

    public ConcurrentQueue<string> Paths { get; } = new();

    public static string NewSocketPath() => Path.Join(Path.GetTempPath(), $"hf-{Guid.NewGuid():N}"[..20] + ".sock");

    public static async Task<FakeGrpcServer> StartAsync(string? socketPath = null)
    {
        var server = new FakeGrpcServer(socketPath ?? NewSocketPath());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ListenUnixSocket(
                server.SocketPath,
                listen =>
                {
                    listen.Protocols = HttpProtocols.Http2;
                    listen.Use(
                        async (connection, next) =>
                        {
                            server.connections.Add(connection);
                            if (!await server.ServePageAsync(connection))
                            {
                                await next(connection);
                            }
                        }
                    );
                }
            )
        );
        server.app = builder.Build();
        server.app.Run(server.ServeAsync);
        await server.app.StartAsync();
        return server;
    }

    public FakeGrpcServer On(string path, Func<FakeCall, Task> handler)
    {
        calls[path] = handler;
        return this;
    }

    /// <summary>Answers a call with one message.</summary>
    public FakeGrpcServer On(string path, Func<IMessage> answer) => On(path, call => call.AnswerAsync(answer()));

    /// <summary>Answers GET of HTTP/1.1.</summary>
    public FakeGrpcServer OnPage(string path, Func<string> content)
    {
        pages[path] = content;
        return this;
    }

    /// <summary>Goes away as a killed process does: open calls break off.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        foreach (var connection in connections)
        {
            connection.Abort();
        }

        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        File.Delete(SocketPath);
    }

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Paths.Enqueue(path);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = new FakeCall(context, body.ToArray(), stopped.Token);
        if (calls.TryGetValue(path, out var handler))
        {
            try
            {
                await handler(call);
            }
            catch (OperationCanceledException)
            {
                context.Abort();
            }
        }
        else
        {
            call.Refuse(12, $"unknown method {path}");
        }
    }

    /// <summary>HTTP/2 begins with PRI, which no method of HTTP/1.1 does. Without pages everything is HTTP/2, as in containerd.</summary>
    private async Task<bool> ServePageAsync(ConnectionContext connection)
    {
        if (pages.IsEmpty)
        {
            return false;
        }

        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var read = await input.ReadAtLeastAsync(3, connection.ConnectionClosed);
        var text = Encoding.ASCII.GetString(read.Buffer.ToArray());
        if (text.StartsWith("PRI", StringComparison.Ordinal) || text.Split(' ') is not [_, var path, ..])
        {
            input.AdvanceTo(read.Buffer.Start);
            await SharedSocket.MatchAsync(connection.Transport, connection.ConnectionClosed);
            return false;
        }

        input.AdvanceTo(read.Buffer.End);
        Paths.Enqueue(path);
        var content = pages.TryGetValue(path, out var page) ? page() : "404 page not found\n";
        var status = page is null ? "404 Not Found" : "200 OK";
        var head =
            $"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(content)}\r\n\r\n";
        await output.WriteAsync(Encoding.UTF8.GetBytes(head + content));
        await output.CompleteAsync();
        return true;
    }
}

/// <summary>One call that arrived.</summary>
public sealed class FakeCall(HttpContext context, byte[] body, CancellationToken stopped)
{
    public HttpContext Context { get; } = context;

    /// <summary>Cancelled when the caller left or the server goes away.</summary>
    public CancellationToken Ended { get; } =
        CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopped).Token;

    public T Request<T>(MessageParser<T> parser)
        where T : IMessage<T> => parser.ParseFrom(body, 5, body.Length - 5);

    /// <summary>The request, where its type is known by its description only.</summary>
    public IMessage Request(MessageParser parser) => parser.ParseFrom(body, 5, body.Length - 5);

    public string Header(string name) => Context.Request.Headers[name].ToString();

    public async Task AnswerAsync(params IMessage[] messages)
    {
        Begin();
        foreach (var message in messages)
        {
            await WriteAsync(message);
        }

        End(0, "");
    }

    public void Begin() => Context.Response.ContentType = "application/grpc";

    public async Task WriteAsync(IMessage message)
    {
        var frame = Frame(message.ToByteArray());
        await Context.Response.Body.WriteAsync(frame, Ended);
        await Context.Response.Body.FlushAsync(Ended);
    }

    public void End(int code, string message)
    {
        Context.Response.AppendTrailer("grpc-status", code.ToString());
        Context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(message));
    }

    /// <summary>Trailers-only: the status stands in the headers.</summary>
    public void Refuse(int code, string message)
    {
        Begin();
        Context.Response.Headers["grpc-status"] = code.ToString();
        Context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
    }

    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }
}
