using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Holdfast.Cri.Grpc;

/// <summary>
/// gRPC over one unix socket: all calls and streams share one HTTP/2 connection, which is made by the first call and
/// made again by the first call after it was lost. Thread-safe.
/// </summary>
internal sealed class GrpcChannel : IDisposable
{
    /// <summary>Only a full backlog makes connecting to a unix socket wait.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Bytes a stream may be ahead of us. The largest window HTTP/2 has by default in .NET: a list of some hundred
    /// containers then needs no round trip to go on, and it is a limit, not an allocation.
    /// </summary>
    private const int StreamWindowBytes = 16 * 1024 * 1024;

    private readonly string endpoint;
    private readonly string socketPath;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker invoker;
    private int connections;
    private int generation;

    /// <param name="endpoint">Name of the runtime, for error messages.</param>
    public GrpcChannel(string endpoint, string socketPath, TimeProvider time)
    {
        this.endpoint = endpoint;
        this.socketPath = socketPath;
        this.time = time;
        invoker = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                ConnectCallback = ConnectAsync,
                ConnectTimeout = ConnectTimeout,
                InitialHttp2StreamWindowSize = StreamWindowBytes,
                // A runtime that allows few streams at once must not make calls wait behind a long exec.
                EnableMultipleHttp2Connections = true,
                // A lost unix socket is known at once, so there is nothing to be gained from pings or reconnecting.
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ActivityHeadersPropagator = null,
            },
            disposeHandler: true
        );
    }

    /// <summary>How many connections were made.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Changes whenever a connection is made or lost: the runtime may be another one now.</summary>
    public int Generation => Volatile.Read(ref generation);

    /// <summary>Sends one message and waits for the one answer.</summary>
    /// <exception cref="CriException">The runtime refused, was too slow or is not there.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        GrpcMethod<TResponse> method,
        IMessage message,
        TimeSpan deadline,
        CancellationToken cancellationToken,
        string? containerdNamespace = null
    )
        where TResponse : IMessage<TResponse>
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        using var expiry = new CancellationTokenSource(deadline, time);
        await using var link = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(),
            expiry
        );
        using var request = MakeRequest(method, message, containerdNamespace);
        if (deadline != Timeout.InfiniteTimeSpan)
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", GrpcTimeout.Format(deadline));
        }

        try
        {
            using var response = await invoker.SendAsync(request, expiry.Token);
            return await ReadOneAsync(method, response, expiry.Token);
        }
        catch (Exception cause) when (cause is not CriException { IsAnswer: false })
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A runtime that sees the deadline first may word it in any way.
            var isLate = expiry.IsCancellationRequested || IsOver(deadline, started);
            throw isLate ? Late(method.Action, deadline) : Translate(method.Action, cause);
        }
    }

    /// <summary>Sends one message and yields the answers until the runtime ends the stream; has no deadline.</summary>
    /// <exception cref="CriException">The runtime refused, or the connection was lost.</exception>
    public async IAsyncEnumerable<TResponse> StreamAsync<TResponse>(
        GrpcMethod<TResponse> method,
        IMessage message,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        string? containerdNamespace = null
    )
        where TResponse : IMessage<TResponse>
    {
        using var request = MakeRequest(method, message, containerdNamespace);
        using var response = await Guard(method.Action, () => invoker.SendAsync(request, cancellationToken));
        CheckHeaders(method.Action, response);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new MessageReader(body);
        while (await Guard(method.Action, () => reader.ReadAsync(cancellationToken).AsTask()))
        {
            yield return method.Parser.ParseFrom(reader.Message);
        }

        CheckTrailers(method.Action, response);
    }

    public void Dispose() => invoker.Dispose();

    private static HttpRequestMessage MakeRequest<TResponse>(
        GrpcMethod<TResponse> method,
        IMessage message,
        string? containerdNamespace
    )
        where TResponse : IMessage<TResponse>
    {
        var request = new HttpRequestMessage(HttpMethod.Post, method.Path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new MessageContent(message),
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (containerdNamespace is not null)
        {
            request.Headers.TryAddWithoutValidation("containerd-namespace", containerdNamespace);
        }

        return request;
    }

    private async Task<TResponse> ReadOneAsync<TResponse>(
        GrpcMethod<TResponse> method,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
        where TResponse : IMessage<TResponse>
    {
        CheckHeaders(method.Action, response);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new MessageReader(body);
        if (!await reader.ReadAsync(cancellationToken))
        {
            CheckTrailers(method.Action, response);
            throw new InvalidDataException("it answered success without an answer");
        }

        var answer = method.Parser.ParseFrom(reader.Message);
        if (await reader.ReadAsync(cancellationToken))
        {
            throw new InvalidDataException("it answered twice");
        }

        CheckTrailers(method.Action, response);
        return answer;
    }

    /// <summary>An answer may be over with its headers: gRPC's "trailers-only".</summary>
    private void CheckHeaders(string action, HttpResponseMessage response)
    {
        var status = GrpcStatus.Read(response.Headers);
        if (status is null && response.StatusCode != HttpStatusCode.OK)
        {
            status = GrpcStatus.FromHttp(response.StatusCode);
        }

        if (status is { Code: not 0 } failure)
        {
            throw Refused(action, failure);
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        if (type?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
        {
            throw new InvalidDataException($"it answered content of type \"{type}\", not gRPC");
        }
    }

    private void CheckTrailers(string action, HttpResponseMessage response)
    {
        var status = GrpcStatus.Read(response.TrailingHeaders) ?? GrpcStatus.Read(response.Headers);
        if (status is null)
        {
            throw new InvalidDataException("the answer ended without a status");
        }

        if (status is { Code: not 0 } failure)
        {
            throw Refused(action, failure);
        }
    }

    private async Task<T> Guard<T>(string action, Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception cause) when (cause is not (CriException or OperationCanceledException))
        {
            throw Translate(action, cause);
        }
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            Interlocked.Increment(ref connections);
            Interlocked.Increment(ref generation);
            return new ConnectionStream(socket, () => Interlocked.Increment(ref generation));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsOver(TimeSpan deadline, long started) =>
        deadline != Timeout.InfiniteTimeSpan && time.GetElapsedTime(started) >= deadline;

    private CriException Refused(string action, GrpcStatus status) =>
        new(status.Reason, $"cannot {action} in {endpoint}: {status.Message}", status.Message);

    private CriException Late(string action, TimeSpan deadline) =>
        new(
            CriReason.DeadlineExceeded,
            $"cannot {action} in {endpoint}: no answer within {deadline.TotalSeconds:0.###} s"
        );

    private CriException Translate(string action, Exception cause)
    {
        if (cause is CriException known)
        {
            return known;
        }

        var (reason, text) = GrpcFailure.Explain(cause, socketPath);
        return new CriException(reason, $"cannot {action} in {endpoint}: {text}", cause);
    }

    /// <summary>Tells when the connection ends: the handler reads all the time, so that it ends as soon as it is lost.</summary>
    private sealed class ConnectionStream(Socket socket, Action onEnd) : NetworkStream(socket, ownsSocket: true)
    {
        private int ended;

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
            {
                onEnd();
            }

            base.Dispose(disposing);
        }
    }
}
