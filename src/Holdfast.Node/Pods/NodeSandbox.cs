using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;

namespace Holdfast.Node.Pods;

/// <summary>A sandbox in one of this machine's runtimes, whoever made it.</summary>
public sealed record NodeSandbox(RuntimeEndpoint Endpoint, PodSandbox Sandbox)
{
    /// <summary>How long a container may take to end by itself when its sandbox is to be removed.</summary>
    private const long RemovalGraceSeconds = 5;

    /// <summary>Name of the Holdfast node as it was called when the pod was made; null for a sandbox of another agent.</summary>
    public string? NodeName => Sandbox.Labels.GetValueOrDefault(RuntimeLabels.Node);

    /// <summary><c>NAMESPACE/NAME</c>.</summary>
    public string PodName => $"{Sandbox.Metadata.Namespace}/{Sandbox.Metadata.Name}";

    public bool IsReady => Sandbox.State == PodSandboxState.SandboxReady;

    /// <summary>Whether a kubelet or an agent like it made this pod; a sandbox of <c>crictl</c> or of a probe has none of its labels.</summary>
    public bool IsOfOtherAgent => NodeName is null && Sandbox.Labels.ContainsKey(RuntimeLabels.PodUid) && !IsProbe;

    private bool IsProbe => Sandbox.Labels.ContainsKey(Probe.ProbeLabels.Owner);

    /// <summary>Whether the daemon of this node made it, under whatever name the node then had; several nodes may share a machine.</summary>
    public bool IsOf(NodePaths paths) => NodeName is not null && RuntimeLabels.IsOf(paths.Key, Sandbox.Labels);

    /// <summary>Stops and removes it with its containers and its network.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await StopAsync(RemovalGraceSeconds, cancellationToken);
        await Endpoint.RemovePodSandboxAsync(
            new RemovePodSandboxRequest { PodSandboxId = Sandbox.Id },
            cancellationToken
        );
    }

    /// <summary>Stops it with its containers and its network; the runtime remembers how they ended.</summary>
    /// <param name="graceSeconds">How long the containers may take to end by themselves.</param>
    public async Task StopAsync(long graceSeconds, CancellationToken cancellationToken)
    {
        var containers = await Endpoint.ListContainersAsync(
            new ListContainersRequest { Filter = new ContainerFilter { PodSandboxId = Sandbox.Id } },
            cancellationToken
        );
        await Task.WhenAll(
            containers.Containers.Select(container =>
                Endpoint.StopContainerAsync(
                    new StopContainerRequest { ContainerId = container.Id, Timeout = graceSeconds },
                    cancellationToken
                )
            )
        );
        await Endpoint.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = Sandbox.Id }, cancellationToken);
    }

    /// <summary>Every sandbox of these runtimes; one that does not run is left out.</summary>
    /// <exception cref="CriException">A runtime runs and does not tell what it has.</exception>
    public static async Task<IReadOnlyList<NodeSandbox>> ListAsync(
        IEnumerable<RuntimeEndpoint> endpoints,
        CancellationToken cancellationToken
    )
    {
        var found = new List<NodeSandbox>();
        foreach (var endpoint in endpoints)
        {
            found.AddRange(await TryListAsync(endpoint, cancellationToken) ?? []);
        }

        return found;
    }

    /// <returns>Null when the runtime does not run.</returns>
    internal static async Task<IReadOnlyList<NodeSandbox>?> TryListAsync(
        RuntimeEndpoint endpoint,
        CancellationToken cancellationToken
    )
    {
        if (!File.Exists(endpoint.SocketPath))
        {
            return null;
        }

        try
        {
            var answer = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), cancellationToken);
            return [.. answer.Items.Select(sandbox => new NodeSandbox(endpoint, sandbox))];
        }
        catch (CriException failure) when (failure.Reason == CriReason.Unavailable)
        {
            return null;
        }
        catch (CriException failure) when (failure.Reason == CriReason.Unimplemented)
        {
            // Docker's containerd runs without the CRI plugin: it has no pods.
            return [];
        }
    }
}
