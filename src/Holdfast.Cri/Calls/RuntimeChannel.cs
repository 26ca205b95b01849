using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;

namespace Holdfast.Cri.Calls;

/// <summary>
/// gRPC over one unix socket: all calls and streams share one HTTP/2 connection, which is made by the first call and
/// made again by the first call after it was lost. Thread-safe.
/// </summary>
internal sealed class RuntimeChannel : IDisposable
{
    /// <summary>16 MiB, the limit of kubelet and of containerd's own clients and server (defaults.DefaultMaxRecvMsgSize).</summary>
    public const int MaxMessageBytes = 16 * 1024 * 1024;

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
    private readonly GrpcChannel channel;
    private int connections;
    private int generation;
    private volatile bool isClosed;

    /// <param name="endpoint">Name of the runtime, for error messages.</param>
    public RuntimeChannel(string endpoint, string socketPath, TimeProvider time)
    {
        this.endpoint = endpoint;
        this.socketPath = socketPath;
        this.time = time;
        channel = GrpcChannel.ForAddress(
            "http://localhost",
            new GrpcChannelOptions
            {
                HttpHandler = MakeHandler(),
                DisposeHttpClient = true,
                MaxReceiveMessageSize = MaxMessageBytes,
                // The runtime has a limit of its own and names it.
                MaxSendMessageSize = null,
            }
        );
        Invoker = channel.CreateCallInvoker();
    }

    /// <summary>What clients are made of; their calls go through <see cref="CallAsync"/> and <see cref="StreamAsync"/>.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>How many connections were made.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Changes whenever a connection is made or lost: the runtime may be another one now.</summary>
    public int Generation => Volatile.Read(ref generation);

    /// <summary>
    /// Makes one call and waits for its answer. The deadline is of the monotonic clock; gRPC's own is a time of day,
    /// which a clock that is set back puts off. The runtime learns of its end as of a cancellation.
    /// </summary>
    /// <param name="action">What the call does, as it stands after "cannot" in an error message.</param>
    /// <param name="deadline">How long it may take; infinite for no limit.</param>
    /// <param name="client">Handed to <paramref name="start"/>.</param>
    /// <param name="start">Starts the call with the given options.</param>
    /// <exception cref="CriException">The runtime refused, was too slow or is not there.</exception>
    public async Task<TResponse> CallAsync<TClient, TResponse>(
        string action,
        TimeSpan deadline,
        TClient client,
        Func<TClient, CallOptions, AsyncUnaryCall<TResponse>> start,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var expiry = new CancellationTokenSource(deadline, time);
        await using var link = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(),
            expiry
        );
        try
        {
            using var call = start(client, new CallOptions(cancellationToken: expiry.Token));
            return await call;
        }
        catch (Exception cause) when (cause is RpcException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw expiry.IsCancellationRequested ? Late(action, deadline) : Explain(action, cause);
        }
    }

    /// <summary>Makes one call and yields the answers until the runtime ends the stream; has no deadline.</summary>
    /// <exception cref="CriException">The runtime refused, or the connection was lost.</exception>
    public async IAsyncEnumerable<TResponse> StreamAsync<TResponse>(
        string action,
        Func<CallOptions, AsyncServerStreamingCall<TResponse>> start,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var call = Start(action, start, new CallOptions(cancellationToken: cancellationToken));
        while (await HasNextAsync(action, call.ResponseStream, cancellationToken))
        {
            yield return call.ResponseStream.Current;
        }
    }

    public void Dispose()
    {
        isClosed = true;
        channel.Dispose();
    }

    private SocketsHttpHandler MakeHandler() =>
        new()
        {
            ConnectCallback = ConnectAsync,
            ConnectTimeout = ConnectTimeout,
            InitialHttp2StreamWindowSize = StreamWindowBytes,
            // A runtime that allows few streams at once must not make calls wait behind a long exec.
            EnableMultipleHttp2Connections = true,
            // A lost unix socket is known at once, so there is nothing to be gained from reconnecting, and pings a runtime does
            // not bear: see RuntimeHeartbeat.
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        };

    private TCall Start<TCall>(string action, Func<CallOptions, TCall> start, CallOptions options)
    {
        try
        {
            return start(options);
        }
        catch (ObjectDisposedException cause)
        {
            throw Explain(action, cause);
        }
    }

    private async Task<bool> HasNextAsync<TResponse>(
        string action,
        IAsyncStreamReader<TResponse> answers,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await answers.MoveNext(cancellationToken);
        }
        catch (Exception cause) when (cause is RpcException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(action, cause);
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

    private CriException Late(string action, TimeSpan deadline) =>
        new(
            CriReason.DeadlineExceeded,
            $"cannot {action} in {endpoint}: no answer within {deadline.TotalSeconds:0.###} s"
        );

    private CriException Explain(string action, Exception cause) =>
        cause is RpcException failed && !isClosed
            ? CallFailure.Explain($"cannot {action} in {endpoint}", failed, socketPath)
            : new(CriReason.Unavailable, $"cannot {action} in {endpoint}: the endpoint was closed", cause);

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
