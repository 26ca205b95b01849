using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Streams;

/// <summary>
/// Finds what runs of a pod in the runtimes themselves, by its labels, and asks its runtime for a streaming address. It works
/// while pods are adopted and needs no agent. Thread-safe.
/// </summary>
public sealed class PodStreams(RuntimeSet runtimes, string nodeName) : IPodStreams
{
    public async Task<Uri> ExecAsync(
        PodTarget pod,
        string container,
        IReadOnlyList<string> command,
        ContainerStreams streams,
        CancellationToken cancellationToken
    )
    {
        var (runtime, id) =
            await FindContainerAsync(pod, container, cancellationToken)
            ?? throw Missing($"container not found (\"{container}\")");
        var request = new V1.ExecRequest
        {
            ContainerId = id,
            Cmd = { command },
            Stdin = streams.Stdin,
            Stdout = streams.Stdout,
            Stderr = streams.Stderr,
            Tty = streams.Tty,
        };
        return await OpenAsync(async () => (await runtime.ExecAsync(request, cancellationToken)).Url);
    }

    public async Task<Uri> AttachAsync(
        PodTarget pod,
        string container,
        ContainerStreams streams,
        CancellationToken cancellationToken
    )
    {
        var (runtime, id) =
            await FindContainerAsync(pod, container, cancellationToken)
            ?? throw Missing($"container {container} not found in pod {pod}");
        var request = new V1.AttachRequest
        {
            ContainerId = id,
            Stdin = streams.Stdin,
            Stdout = streams.Stdout,
            Stderr = streams.Stderr,
            Tty = streams.Tty,
        };
        return await OpenAsync(async () => (await runtime.AttachAsync(request, cancellationToken)).Url);
    }

    public async Task<Uri> PortForwardAsync(
        PodTarget pod,
        IReadOnlyList<int> ports,
        CancellationToken cancellationToken
    )
    {
        var (runtime, id) =
            await FindSandboxAsync(pod, cancellationToken) ?? throw Missing($"pod not found (\"{pod}\")");
        var request = new V1.PortForwardRequest { PodSandboxId = id, Port = { ports } };
        return await OpenAsync(async () => (await runtime.PortForwardAsync(request, cancellationToken)).Url);
    }

    private Task<(RuntimeEndpoint Runtime, string Id)?> FindContainerAsync(
        PodTarget pod,
        string container,
        CancellationToken ct
    ) =>
        FindAsync(async runtime =>
        {
            var filter = new V1.ContainerFilter
            {
                State = new V1.ContainerStateValue { State = V1.ContainerState.ContainerRunning },
                LabelSelector =
                {
                    [RuntimeLabels.Node] = nodeName,
                    [RuntimeLabels.PodUid] = pod.Uid,
                    [RuntimeLabels.ContainerName] = container,
                },
            };
            var answer = await runtime.ListContainersAsync(new V1.ListContainersRequest { Filter = filter }, ct);
            return answer.Containers.MaxBy(c => c.CreatedAt)?.Id;
        });

    private Task<(RuntimeEndpoint Runtime, string Id)?> FindSandboxAsync(PodTarget pod, CancellationToken ct) =>
        FindAsync(async runtime =>
        {
            var filter = new V1.PodSandboxFilter
            {
                State = new V1.PodSandboxStateValue { State = V1.PodSandboxState.SandboxReady },
                LabelSelector = { [RuntimeLabels.Node] = nodeName, [RuntimeLabels.PodUid] = pod.Uid },
            };
            var answer = await runtime.ListPodSandboxAsync(new V1.ListPodSandboxRequest { Filter = filter }, ct);
            return answer.Items.MaxBy(s => s.CreatedAt)?.Id;
        });

    /// <summary>Asks all runtimes at once. One that fails or hangs matters only when no other has the pod.</summary>
    private async Task<(RuntimeEndpoint Runtime, string Id)?> FindAsync(Func<RuntimeEndpoint, Task<string?>> findIn)
    {
        CriException? failure = null;
        await foreach (var finished in Task.WhenEach(runtimes.Endpoints.Select(FindInAsync)))
        {
            try
            {
                if (await finished is { } found)
                {
                    return found;
                }
            }
            catch (CriException e)
            {
                failure = e;
            }
        }

        return failure is null ? null : throw new PodStreamException(PodStreamReason.Failed, failure.Message, failure);

        async Task<(RuntimeEndpoint Runtime, string Id)?> FindInAsync(RuntimeEndpoint runtime) =>
            await findIn(runtime) is { } id ? (runtime, id) : null;
    }

    private static async Task<Uri> OpenAsync(Func<Task<string>> ask)
    {
        try
        {
            var url = await ask();
            return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? address
                : throw new PodStreamException(
                    PodStreamReason.Failed,
                    $"cannot open a stream: the runtime's address for it is no URL: \"{url}\""
                );
        }
        catch (CriException e)
        {
            var reason = e.Reason switch
            {
                CriReason.NotFound => PodStreamReason.NotFound,
                CriReason.ResourceExhausted => PodStreamReason.Busy,
                _ => PodStreamReason.Failed,
            };
            throw new PodStreamException(reason, e.Message, e);
        }
    }

    private static PodStreamException Missing(string message) => new(PodStreamReason.Failed, message);
}
