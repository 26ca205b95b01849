using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Node.Joining;

/// <summary>
/// Whether a cluster can be joined at all, found in seconds. kubeadm tries a refused port, a name that is not known and a
/// token that has expired for five minutes. Nothing of an answer is trusted: the joining tool verifies the cluster.
/// </summary>
internal static class ClusterReach
{
    /// <summary>For one attempt: a packet that a firewall drops is noticed by nothing else.</summary>
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(10);

    /// <summary>An API server that is restarting answers again within this time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>The part of a token that is no secret, and which the signatures of cluster-info are named after.</summary>
    private const int TokenIdLength = 6;

    /// <summary>
    /// Returns when something answers at the endpoint and, where it is an API server, knows the token or does not say which tokens
    /// it knows.
    /// </summary>
    /// <param name="endpoint">Host and port.</param>
    /// <param name="token">kubeadm's bootstrap token; null only asks whether something listens.</param>
    /// <param name="purpose">For example <c>cannot join the cluster at 192.168.3.167:6443</c>.</param>
    /// <exception cref="NodeException">ChangeFailed: with the reason and what to do.</exception>
    public static async Task RequireAsync(
        Machine machine,
        string endpoint,
        string? token,
        string purpose,
        CancellationToken cancellationToken
    )
    {
        using var client = new HttpClient(
            new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    // As the tools' own first request: what it brings is verified against the hash of the document later.
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                },
                ConnectTimeout = AttemptLimit,
            }
        )
        {
            Timeout = AttemptLimit,
        };
        var start = machine.Time.GetTimestamp();
        while (await FindFaultAsync(client, endpoint, token, cancellationToken) is (var failure, var cause))
        {
            if (machine.Time.GetElapsedTime(start) > Patience)
            {
                throw new NodeException(
                    NodeReason.ChangeFailed,
                    $"{purpose}: {cause} ({failure.Remedy}); then run the same command again"
                );
            }
            machine.Progress?.Report($"waiting for the cluster: {cause}");
            await Task.Delay(Pause, machine.Time, cancellationToken);
        }
    }

    /// <returns>Null when nothing speaks against the join.</returns>
    private static async Task<(JoinFailure Failure, string Cause)?> FindFaultAsync(
        HttpClient client,
        string endpoint,
        string? token,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var address = new Uri($"https://{endpoint}/api/v1/namespaces/kube-public/configmaps/cluster-info");
            using var response = await client.GetAsync(address, cancellationToken);
            // Another status says nothing of the token: anonymous users need not be allowed to read cluster-info.
            return
                token is null
                || response.StatusCode != HttpStatusCode.OK
                || KnowsToken(await response.Content.ReadAsStringAsync(cancellationToken), token)
                ? null
                : (JoinFailure.TokenUnknown, $"{endpoint} does not know the token");
        }
        catch (HttpRequestException cause)
        {
            return (cause.InnerException as SocketException)?.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => (JoinFailure.Refused, $"{endpoint} refuses the connection"),
                SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => (
                    JoinFailure.NameNotResolved,
                    $"the name of {endpoint} cannot be resolved"
                ),
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => (
                    JoinFailure.NoRoute,
                    $"there is no route to {endpoint}"
                ),
                SocketError.TimedOut => (JoinFailure.NoAnswer, $"{endpoint} does not answer"),
                // A server that speaks no TLS, or ends the connection: the tool's own words tell more.
                _ => null,
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (JoinFailure.NoAnswer, $"{endpoint} does not answer within {AttemptLimit.TotalSeconds:0} s");
        }
    }

    /// <summary>What is no answer of an API server is left to the tool, whose own words tell more.</summary>
    private static bool KnowsToken(string answer, string token)
    {
        try
        {
            return JsonNode.Parse(answer) is not JsonObject map
                || map["data"] is not JsonObject data
                || data.ContainsKey($"jws-kubeconfig-{token[..Math.Min(TokenIdLength, token.Length)]}");
        }
        catch (JsonException)
        {
            return true;
        }
    }
}
