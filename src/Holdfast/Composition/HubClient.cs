using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Terminal;

namespace Holdfast.Composition;

/// <summary>
/// The program's own verbs at the door of the daemon: the Kubernetes API on its unix socket, which only root may open.
/// Thread-safe.
/// </summary>
internal sealed class HubClient : IDisposable
{
    /// <summary>Any single answer of a healthy hub takes milliseconds.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient http;

    public HubClient(NodePaths paths)
    {
        http = new HttpClient(UnixHttp.CreateHandler(paths.HubSocket))
        {
            BaseAddress = new Uri("http://hub/"),
            Timeout = CallLimit,
        };
    }

    public void Dispose() => http.Dispose();

    /// <summary>The object, or null when there is none.</summary>
    /// <exception cref="CommandException">The daemon does not answer, or refuses.</exception>
    public async Task<JsonNode?> GetAsync(string path, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Get, path, null, cancellationToken) is { } text ? JsonNode.Parse(text) : null;

    /// <summary>Asks until the answer pleases, or the time is over (null). A daemon that is only starting is waited for.</summary>
    public async Task<JsonNode?> WaitAsync(
        string path,
        Func<JsonNode, bool> pleases,
        TimeSpan limit,
        CancellationToken cancellationToken
    )
    {
        var time = TimeProvider.System;
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                if (await GetAsync(path, cancellationToken) is { } answer && pleases(answer))
                {
                    return answer;
                }
            }
            catch (CommandException) when (time.GetElapsedTime(since) < limit)
            {
                // Not there yet.
            }

            if (time.GetElapsedTime(since) > limit)
            {
                return null;
            }

            await Task.Delay(PollPause, time, cancellationToken);
        }
    }

    private async Task<string?> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), null, "application/json");
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            return response.IsSuccessStatusCode
                ? text
                : throw new CommandException(
                    ExitCode.Failed,
                    $"cannot {method.Method.ToLowerInvariant()} {path}: the hub answered {(int)response.StatusCode}: {text}"
                );
        }
        catch (HttpRequestException failure)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"cannot ask the daemon: {failure.InnerException?.Message ?? failure.Message}",
                "Is it running? sudo holdfast up starts it.",
                failure
            );
        }
        catch (TaskCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"cannot ask the daemon: no answer within {CallLimit.TotalSeconds} s",
                inner: failure
            );
        }
    }
}
