using Holdfast.Cri;
using Holdfast.Cri.V1;

namespace Holdfast.Composition;

/// <summary>
/// The sandboxes that this node's daemon made, told by their label; nobody else's is ever touched. Stateless.
/// </summary>
internal static class OwnSandboxes
{
    /// <summary>The agent writes it on everything it makes.</summary>
    private const string NodeLabel = "holdfast.dev/node";

    /// <summary>How long a container may take to end by itself when its sandbox is to be removed.</summary>
    private const long RemovalGraceSeconds = 5;

    /// <summary>Those of the runtimes that answer; a runtime that is down runs no sandbox that could be stopped.</summary>
    public static async Task<IReadOnlyList<(RuntimeEndpoint Endpoint, PodSandbox Sandbox)>> ListAsync(
        RuntimeSet runtimes,
        string nodeName,
        CancellationToken cancellationToken
    )
    {
        var found = new List<(RuntimeEndpoint, PodSandbox)>();
        var filter = new PodSandboxFilter { LabelSelector = { [NodeLabel] = nodeName } };
        foreach (var endpoint in runtimes.Endpoints.Where(endpoint => File.Exists(endpoint.SocketPath)))
        {
            try
            {
                var answer = await endpoint.ListPodSandboxAsync(
                    new ListPodSandboxRequest { Filter = filter },
                    cancellationToken
                );
                found.AddRange(answer.Items.Select(sandbox => (endpoint, sandbox)));
            }
            catch (CriException failure) when (failure.Reason == CriReason.Unavailable)
            {
                // A socket that nobody listens at any more.
            }
        }

        return found;
    }

    /// <summary>Stops and removes one sandbox with its containers and its network.</summary>
    public static async Task RemoveAsync(
        RuntimeEndpoint endpoint,
        PodSandbox sandbox,
        CancellationToken cancellationToken
    )
    {
        await StopAsync(endpoint, sandbox, RemovalGraceSeconds, cancellationToken);
        await endpoint.RemovePodSandboxAsync(
            new RemovePodSandboxRequest { PodSandboxId = sandbox.Id },
            cancellationToken
        );
    }

    /// <summary>Stops one sandbox with its containers and its network; the runtime remembers how they ended.</summary>
    /// <param name="graceSeconds">How long the containers may take to end by themselves.</param>
    public static async Task StopAsync(
        RuntimeEndpoint endpoint,
        PodSandbox sandbox,
        long graceSeconds,
        CancellationToken cancellationToken
    )
    {
        var containers = await endpoint.ListContainersAsync(
            new ListContainersRequest { Filter = new ContainerFilter { PodSandboxId = sandbox.Id } },
            cancellationToken
        );
        await Task.WhenAll(
            containers.Containers.Select(container =>
                endpoint.StopContainerAsync(
                    new StopContainerRequest { ContainerId = container.Id, Timeout = graceSeconds },
                    cancellationToken
                )
            )
        );
        await endpoint.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken);
    }
}
