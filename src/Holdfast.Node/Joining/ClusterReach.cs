using System.Net;
using System.Net.Security;
using System.Net.Sockets;
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

    /// <summary>Returns when the API server answers and knows the token, or does not say which tokens it knows.</summary>
    /// <param name="endpoint">Host and port.</param>
    /// <param name="purpose">For example <c>cannot join the cluster at 192.168.3.167:6443</c>.</param>
    /// <exception cref="NodeException">ChangeFailed: with the reason and what to do.</exception>
    public static Task RequireTokenAsync(
        Machine machine,
        string endpoint,
        string token,
        string purpose,
        CancellationToken cancellationToken
    ) =>
        RequireAsync(
            machine,
            $"https://{endpoint}/api/v1/namespaces/kube-public/configmaps/cluster-info",
            answer => FindsToken(answer, token) ? JoinFailure.Unknown : JoinFailure.TokenUnknown,
            purpose,
            cancellationToken
        );

    /// <summary>Returns when something listens there.</summary>
    /// <exception cref="NodeException">ChangeFailed: with the reason and what to do.</exception>
    public static Task RequireListenerAsync(
        Machine machine,
        string endpoint,
        string purpose,
        CancellationToken cancellationToken
    ) => RequireAsync(machine, $"https://{endpoint}/", _ => JoinFailure.Unknown, purpose, cancellationToken);

    private static async Task RequireAsync(
        Machine machine,
        string address,
        Func<string, JoinFailure> judge,
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
        while (true)
        {
            var (failure, cause) = await AskAsync(client, address, judge, cancellationToken);
            if (failure == JoinFailure.Unknown)
            {
                return;
            }
            if (machine.Time.GetElapsedTime(start) > Patience)
            {
                throw new NodeException(
                    NodeReason.ChangeFailed,
                    $"{purpose}: {cause} ({JoinErrorHints.RemedyOf(failure)}); then run the same command again"
                );
            }
            machine.Progress?.Report($"waiting for the cluster: {cause}");
            await Task.Delay(Pause, machine.Time, cancellationToken);
        }
    }

    /// <returns>Unknown when nothing speaks against the join.</returns>
    private static async Task<(JoinFailure Failure, string Cause)> AskAsync(
        HttpClient client,
        string address,
        Func<string, JoinFailure> judge,
        CancellationToken cancellationToken
    )
    {
        var host = new Uri(address).Authority;
        try
        {
            using var response = await client.GetAsync(new Uri(address), cancellationToken);
            // Another status says nothing of the token: anonymous users need not be allowed to read cluster-info.
            var failure =
                response.StatusCode == HttpStatusCode.OK
                    ? judge(await response.Content.ReadAsStringAsync(cancellationToken))
                    : JoinFailure.Unknown;
            return (failure, $"{host} does not know the token");
        }
        catch (HttpRequestException cause)
        {
            var socket = cause.InnerException as SocketException;
            return socket?.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => (JoinFailure.Refused, $"{host} refuses the connection"),
                SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => (
                    JoinFailure.NameNotResolved,
                    $"the name of {host} cannot be resolved"
                ),
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => (
                    JoinFailure.NoRoute,
                    $"there is no route to {host}"
                ),
                SocketError.TimedOut => (JoinFailure.NoAnswer, $"{host} does not answer"),
                // A server that speaks no TLS, or ends the connection: the tool's own words tell more.
                _ => (JoinFailure.Unknown, ""),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (JoinFailure.NoAnswer, $"{host} does not answer within {AttemptLimit.TotalSeconds:0} s");
        }
    }

    private static bool FindsToken(string answer, string token)
    {
        try
        {
            return JsonNode.Parse(answer) is not JsonObject map
                || map["data"] is not JsonObject data
                || data.ContainsKey($"jws-kubeconfig-{token[..Math.Min(TokenIdLength, token.Length)]}");
        }
        catch (System.Text.Json.JsonException)
        {
            // Not an API server: the tool's own words tell more.
            return true;
        }
    }
}
