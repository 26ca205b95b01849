using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.Node.Joining;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Tests.Joining;

/// <summary>What speaks against a join is found in seconds, against a real TLS server on loopback.</summary>
public sealed class ClusterReachTests : IDisposable
{
    private const string Token = "3zefbt.99e6denc1cxpk9fg";

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task A_cluster_that_knows_the_token_can_be_joined()
    {
        using var server = new ApiServer(
            "200 OK",
            "{\"data\":{\"kubeconfig\":\"\",\"jws-kubeconfig-3zefbt\":\"a..b\"}}"
        );
        await RequireAsync(server.Address);
        Assert.Equal("/api/v1/namespaces/kube-public/configmaps/cluster-info", await server.Path);
    }

    [Fact]
    public async Task A_token_that_the_cluster_does_not_know_is_found_without_waiting_for_kubeadm()
    {
        using var server = new ApiServer(
            "200 OK",
            "{\"data\":{\"kubeconfig\":\"\",\"jws-kubeconfig-aaaaaa\":\"a..b\"}}"
        );
        var failure = await FailAsync(server.Address);
        Assert.StartsWith($"cannot join: {server.Address} does not know the token (the token has expired", failure);
        Assert.DoesNotContain("99e6denc1cxpk9fg", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("403 Forbidden", "{}")]
    [InlineData("200 OK", "<html>")]
    public async Task A_cluster_that_does_not_say_which_tokens_it_knows_is_left_to_kubeadm(string status, string body)
    {
        using var server = new ApiServer(status, body);
        await RequireAsync(server.Address);
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_left_to_kubeadm()
    {
        using var listener = new ClusterListener();
        await RequireAsync(listener.Address);
    }

    [Fact]
    public async Task A_refused_port_is_told_with_its_remedy()
    {
        string address;
        using (var listener = new ClusterListener())
        {
            address = listener.Address;
        }
        Assert.StartsWith(
            $"cannot join: {address} refuses the connection (nothing listens at that address: check the endpoint",
            await FailAsync(address)
        );
    }

    [Fact]
    public async Task A_name_that_is_not_known_is_told_with_its_remedy() =>
        Assert.StartsWith(
            "cannot join: the name of holdfast.invalid:6443 cannot be resolved (the name is not known here",
            await FailAsync("holdfast.invalid:6443")
        );

    private Task RequireAsync(string address) =>
        ClusterReach.RequireAsync(
            new Machine(node.Paths, "/", node.Services, new FastTime(), NullLoggerFactory.Instance),
            address,
            Token,
            "cannot join",
            TemporaryMachine.Never
        );

    private async Task<string> FailAsync(string address) =>
        (await Assert.ThrowsAsync<NodeException>(() => RequireAsync(address))).Message;

    /// <summary>A clock that runs a hundred times as fast as the real one.</summary>
    private sealed class FastTime : TimeProvider
    {
        private const int Factor = 100;

        public override long GetTimestamp() => System.GetTimestamp() * Factor;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime / Factor, period);
    }

    /// <summary>Answers every request with the same page, and notes what the first was for.</summary>
    private sealed class ApiServer : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<string> path = new();
        private readonly X509Certificate2 certificate;
        private readonly byte[] answer;

        public ApiServer(string status, string body)
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest(
                "CN=kubernetes",
                key,
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1
            );
            certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
            answer = Encoding.UTF8.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"
            );
            listener.Start();
            _ = ServeAsync();
        }

        public string Address => listener.LocalEndpoint.ToString()!;

        public Task<string> Path => path.Task;

        public void Dispose()
        {
            listener.Dispose();
            certificate.Dispose();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    await using var stream = new SslStream(client.GetStream());
                    await stream.AuthenticateAsServerAsync(certificate);
                    using var reader = new StreamReader(stream, leaveOpen: true);
                    path.TrySetResult((await reader.ReadLineAsync())!.Split(' ')[1]);
                    while (await reader.ReadLineAsync() is { Length: > 0 }) { }
                    await stream.WriteAsync(answer);
                }
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
