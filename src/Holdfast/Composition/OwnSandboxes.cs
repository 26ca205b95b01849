using Holdfast.Agent.Sandboxes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;

namespace Holdfast.Composition;

/// <summary>A sandbox that a daemon of Holdfast made. Immutable.</summary>
internal sealed record OwnSandbox(RuntimeEndpoint Endpoint, PodSandbox Sandbox)
{
    /// <summary>Name of the node as it was called when the pod was made; null for a sandbox of somebody else.</summary>
    public string? NodeName => Sandbox.Labels.GetValueOrDefault(RuntimeLabels.Node);

    /// <summary>Which of several nodes of one machine it is of, as <see cref="NodePaths.Key"/>.</summary>
    public string NodeKey => Sandbox.Labels.GetValueOrDefault(RuntimeLabels.Root, "");

    public string PodName => $"{Sandbox.Metadata.Namespace}/{Sandbox.Metadata.Name}";

    public bool IsReady => Sandbox.State == PodSandboxState.SandboxReady;
}

/// <summary>
/// The sandboxes that this machine's daemon made, told by their label, under whatever name the node then had; nobody else's
/// is ever touched. Stateless.
/// </summary>
internal static class OwnSandboxes
{
    /// <summary>How long a container may take to end by itself when its sandbox is to be removed.</summary>
    private const long RemovalGraceSeconds = 5;

    /// <summary>Those of the runtimes that run; one that is down runs no sandbox that could be stopped.</summary>
    /// <exception cref="CriException">A runtime runs and does not tell: what it has is not known.</exception>
    public static async Task<IReadOnlyList<OwnSandbox>> ListAsync(
        IEnumerable<RuntimeEndpoint> endpoints,
        NodePaths paths,
        CancellationToken cancellationToken
    )
    {
        var found = new List<OwnSandbox>();
        foreach (var endpoint in endpoints.Where(endpoint => File.Exists(endpoint.SocketPath)))
        {
            try
            {
                var answer = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), cancellationToken);
                found.AddRange(
                    answer
                        .Items.Select(sandbox => new OwnSandbox(endpoint, sandbox))
                        .Where(own => own.NodeName is not null && own.NodeKey == paths.Key)
                );
            }
            catch (CriException failure) when (failure.Reason is CriReason.Unavailable or CriReason.Unimplemented)
            {
                // A socket that nobody listens at any more, or Docker's containerd, which has no pods.
            }
        }

        return found;
    }

    /// <summary>Stops and removes one sandbox with its containers and its network.</summary>
    public static async Task RemoveAsync(OwnSandbox own, CancellationToken cancellationToken)
    {
        await StopAsync(own, RemovalGraceSeconds, cancellationToken);
        await own.Endpoint.RemovePodSandboxAsync(
            new RemovePodSandboxRequest { PodSandboxId = own.Sandbox.Id },
            cancellationToken
        );
    }

    /// <summary>Stops one sandbox with its containers and its network; the runtime remembers how they ended.</summary>
    /// <param name="graceSeconds">How long the containers may take to end by themselves.</param>
    public static async Task StopAsync(OwnSandbox own, long graceSeconds, CancellationToken cancellationToken)
    {
        var containers = await own.Endpoint.ListContainersAsync(
            new ListContainersRequest { Filter = new ContainerFilter { PodSandboxId = own.Sandbox.Id } },
            cancellationToken
        );
        await Task.WhenAll(
            containers.Containers.Select(container =>
                own.Endpoint.StopContainerAsync(
                    new StopContainerRequest { ContainerId = container.Id, Timeout = graceSeconds },
                    cancellationToken
                )
            )
        );
        await own.Endpoint.StopPodSandboxAsync(
            new StopPodSandboxRequest { PodSandboxId = own.Sandbox.Id },
            cancellationToken
        );
    }
}
