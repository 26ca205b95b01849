using Google.Protobuf;
using Grpc.Core;
using Holdfast.Cri.Calls;
using Holdfast.Cri.V1;
using Holdfast.Testing;

namespace Holdfast.Cri.Tests.Calls;

public sealed class RuntimeChannelTests : IAsyncLifetime
{
    private const string Path = "/test.Service/Call";
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(30);
    private static readonly Method<VersionRequest, VersionResponse> Unary = Make(MethodType.Unary);
    private static readonly Method<VersionRequest, VersionResponse> Streaming = Make(MethodType.ServerStreaming);

    private FakeGrpcServer server = null!;
    private RuntimeChannel channel = null!;

    public async Task InitializeAsync()
    {
        server = await FakeGrpcServer.StartAsync();
        channel = new RuntimeChannel("fake", server.SocketPath, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_call_carries_its_message_and_gets_the_answer()
    {
        server.On(
            Path,
            call =>
                call.AnswerAsync(new VersionResponse { Version = call.Request(VersionRequest.Parser).Version + "!" })
        );
        var answer = await CallAsync("hello");
        Assert.Equal("hello!", answer.Version);
    }

    [Fact]
    public async Task A_call_carries_the_headers_of_gRPC()
    {
        server.On(
            Path,
            call =>
                call.AnswerAsync(new VersionResponse { Version = $"{call.Header("te")} {call.Header("content-type")}" })
        );
        Assert.Equal("trailers application/grpc", (await CallAsync()).Version);
    }

    [Fact]
    public async Task An_empty_message_is_an_answer()
    {
        server.On(Path, () => new VersionResponse());
        Assert.Equal(new VersionResponse(), await CallAsync());
    }

    [Fact]
    public async Task A_large_message_passes_through_the_flow_control()
    {
        var text = new string('x', 9_000_000);
        server.On(Path, call => call.AnswerAsync(call.Request(VersionRequest.Parser)));
        Assert.Equal(text, (await CallAsync(text)).Version);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_resource_exhausted_and_the_connection_goes_on()
    {
        server.On(Path, () => new VersionResponse { Version = new string('x', RuntimeChannel.MaxMessageBytes) });
        await FailsAsync(CriReason.ResourceExhausted);
        server.On(Path, () => new VersionResponse());
        await CallAsync();
        Assert.Equal(1, channel.Connections);
    }

    [Fact]
    public async Task A_refusal_in_the_headers_keeps_its_reason_and_its_words()
    {
        server.On(
            Path,
            call =>
            {
                call.Refuse(5, "no such thing: \"größe\" 100%");
                return Task.CompletedTask;
            }
        );
        var error = await FailsAsync(CriReason.NotFound);
        Assert.Equal("no such thing: \"größe\" 100%", error.RuntimeMessage);
        Assert.Equal("cannot make a test call in fake: no such thing: \"größe\" 100%", error.Message);
    }

    [Fact]
    public async Task A_refusal_in_the_trailers_counts_even_after_an_answer()
    {
        server.On(
            Path,
            async call =>
            {
                call.Begin();
                await call.WriteAsync(new VersionResponse());
                call.End(9, "not now");
            }
        );
        await FailsAsync(CriReason.FailedPrecondition);
    }

    [Theory]
    [InlineData("99", CriReason.Unknown)]
    [InlineData("-1", CriReason.Unknown)]
    [InlineData("abc", CriReason.Internal)]
    [InlineData("16", CriReason.Unauthenticated)]
    public async Task A_strange_status_has_a_reason(string status, CriReason reason)
    {
        server.On(
            Path,
            call =>
            {
                call.Begin();
                call.Context.Response.Headers["grpc-status"] = status;
                return Task.CompletedTask;
            }
        );
        await FailsAsync(reason);
    }

    [Theory]
    [InlineData(404, CriReason.Unimplemented)]
    [InlineData(503, CriReason.Unavailable)]
    [InlineData(403, CriReason.PermissionDenied)]
    [InlineData(500, CriReason.Unknown)]
    [InlineData(200, CriReason.Cancelled)]
    public async Task A_server_that_is_not_gRPC_has_a_reason(int status, CriReason reason)
    {
        server.On(
            Path,
            call =>
            {
                call.Context.Response.StatusCode = status;
                return Task.CompletedTask;
            }
        );
        await FailsAsync(reason);
    }

    [Fact]
    public async Task Success_without_an_answer_or_with_two_is_internal()
    {
        server.On(Path, call => call.AnswerAsync());
        await FailsAsync(CriReason.Internal);
        server.On(Path, call => call.AnswerAsync(new VersionResponse(), new VersionResponse()));
        await FailsAsync(CriReason.Internal);
    }

    [Fact]
    public async Task An_answer_that_is_no_message_is_internal()
    {
        server.On(
            Path,
            async call =>
            {
                call.Begin();
                await call.Context.Response.Body.WriteAsync(FakeCall.Frame([0x0a, 0xff]));
                call.End(0, "");
            }
        );
        await FailsAsync(CriReason.Internal);
    }

    [Fact]
    public void Any_bytes_end_in_an_answer_or_an_error_with_a_reason()
    {
        Choices.Check(
            300,
            choices =>
            {
                byte[] bytes = choices.OneIn(2) ? FakeCall.Frame(choices.Bytes(40)) : choices.Bytes(40);
                var isWhole = choices.OneIn(2);
                server.On(
                    Path,
                    async call =>
                    {
                        call.Begin();
                        await call.Context.Response.Body.WriteAsync(bytes);
                        if (isWhole)
                        {
                            call.End(0, "");
                        }
                    }
                );
                var error = Record.Exception(() => CallAsync().GetAwaiter().GetResult());
                Assert.True(error is null or CriException, error?.ToString());
            }
        );
    }

    [Fact]
    public async Task A_call_on_a_closed_channel_is_unavailable()
    {
        var waiting = new TaskCompletionSource();
        server.On(
            Path,
            async call =>
            {
                waiting.SetResult();
                await Task.Delay(Timeout.Infinite, call.Ended);
            }
        );
        var call = CallAsync();
        await waiting.Task;
        channel.Dispose();
        Assert.Equal(CriReason.Unavailable, (await Assert.ThrowsAsync<CriException>(() => call)).Reason);
        await FailsAsync(CriReason.Unavailable);
    }

    [Fact]
    public async Task A_call_without_an_answer_ends_at_its_deadline_and_the_server_sees_it()
    {
        var left = new TaskCompletionSource();
        server.On(
            Path,
            async call =>
            {
                await using var registration = call.Ended.Register(left.SetResult);
                await Task.Delay(Timeout.Infinite, call.Ended);
            }
        );
        var error = await Assert.ThrowsAsync<CriException>(() =>
            CallAsync(channel, TimeSpan.FromMilliseconds(50), CancellationToken.None)
        );
        Assert.Equal(CriReason.DeadlineExceeded, error.Reason);
        await left.Task.WaitAsync(Enough);
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled_and_not_an_error_of_the_runtime()
    {
        using var caller = new CancellationTokenSource();
        server.On(
            Path,
            async call =>
            {
                await caller.CancelAsync();
                await Task.Delay(Timeout.Infinite, call.Ended);
            }
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CallAsync(channel, Enough, caller.Token));
    }

    [Fact]
    public async Task A_missing_socket_is_unavailable_and_named()
    {
        using var nowhere = new RuntimeChannel("fake", "/tmp/holdfast-no-such.sock", TimeProvider.System);
        var error = await Assert.ThrowsAsync<CriException>(() => CallAsync(nowhere, Enough, CancellationToken.None));
        Assert.Equal(CriReason.Unavailable, error.Reason);
        Assert.Contains("/tmp/holdfast-no-such.sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_dies_during_a_call_is_unavailable()
    {
        var arrived = new TaskCompletionSource();
        server.On(
            Path,
            async call =>
            {
                call.Begin();
                await call.WriteAsync(new VersionResponse());
                arrived.SetResult();
                await Task.Delay(Timeout.Infinite, call.Ended);
            }
        );
        var waiting = CallAsync();
        await arrived.Task;
        await server.DisposeAsync();
        var error = await Assert.ThrowsAsync<CriException>(() => waiting);
        Assert.True(error.Reason is CriReason.Unavailable or CriReason.Internal, error.ToString());
        server = await FakeGrpcServer.StartAsync(server.SocketPath);
        server.On(Path, () => new VersionResponse());
        await CallAsync();
        Assert.Equal(2, channel.Connections);
    }

    [Fact]
    public async Task Many_calls_at_once_share_one_connection()
    {
        var all = new TaskCompletionSource();
        var arrived = 0;
        server.On(
            Path,
            async call =>
            {
                if (Interlocked.Increment(ref arrived) == 60)
                {
                    all.SetResult();
                }

                await all.Task;
                await call.AnswerAsync(new VersionResponse());
            }
        );
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => CallAsync())).WaitAsync(Enough);
        Assert.Equal(1, channel.Connections);
    }

    [Fact]
    public async Task A_stream_yields_its_messages_and_then_its_error()
    {
        server.On(
            Path,
            async call =>
            {
                call.Begin();
                for (var number = 0; number < 1000; number++)
                {
                    await call.WriteAsync(new VersionResponse { Version = $"{number}" });
                }

                call.End(8, "enough");
            }
        );
        var found = new List<string>();
        var error = await Assert.ThrowsAsync<CriException>(async () =>
        {
            await foreach (var answer in StreamAsync())
            {
                found.Add(answer.Version);
            }
        });
        Assert.Equal(CriReason.ResourceExhausted, error.Reason);
        Assert.Equal(Enumerable.Range(0, 1000).Select(number => $"{number}"), found);
    }

    [Fact]
    public async Task Leaving_a_stream_tells_the_server()
    {
        var left = new TaskCompletionSource();
        server.On(
            Path,
            async call =>
            {
                call.Begin();
                await call.WriteAsync(new VersionResponse());
                await using var registration = call.Ended.Register(left.SetResult);
                await Task.Delay(Timeout.Infinite, call.Ended);
            }
        );
        await foreach (var _ in StreamAsync())
        {
            break;
        }

        await left.Task.WaitAsync(Enough);
        Assert.Equal(1, channel.Connections);
    }

    private static Method<VersionRequest, VersionResponse> Make(MethodType type) =>
        new(
            type,
            "test.Service",
            "Call",
            Marshallers.Create(message => message.ToByteArray(), VersionRequest.Parser.ParseFrom),
            Marshallers.Create(message => message.ToByteArray(), VersionResponse.Parser.ParseFrom)
        );

    private static Task<VersionResponse> CallAsync(
        RuntimeChannel channel,
        TimeSpan deadline,
        CancellationToken cancellationToken,
        string text = ""
    ) =>
        channel.CallAsync(
            "make a test call",
            deadline,
            new VersionRequest { Version = text },
            (request, options) => channel.Invoker.AsyncUnaryCall(Unary, null, options, request),
            cancellationToken
        );

    private Task<VersionResponse> CallAsync(string text = "") =>
        CallAsync(channel, Enough, CancellationToken.None, text);

    private IAsyncEnumerable<VersionResponse> StreamAsync() =>
        channel.StreamAsync(
            "make a test call",
            options => channel.Invoker.AsyncServerStreamingCall(Streaming, null, options, new VersionRequest()),
            CancellationToken.None
        );

    private async Task<CriException> FailsAsync(CriReason reason)
    {
        var error = await Assert.ThrowsAsync<CriException>(() => CallAsync());
        Assert.True(error.Reason == reason, $"{error.Reason}, not {reason}: {error}");
        Assert.StartsWith("cannot make a test call in fake: ", error.Message, StringComparison.Ordinal);
        return error;
    }
}
