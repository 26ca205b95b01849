using Holdfast.Kube;

namespace Holdfast.Hub.Tests;

/// <summary>Stands for the agent: streams lead to where a test says, or are refused as those of a pod that does not run.</summary>
internal sealed class FakeStreams : IPodStreams
{
    public Uri? Address { get; set; }

    public Task<Uri> ExecAsync(
        PodTarget pod,
        string container,
        IReadOnlyList<string> command,
        ContainerStreams streams,
        CancellationToken cancellationToken
    ) => Open($"container not found (\"{container}\")");

    public Task<Uri> AttachAsync(
        PodTarget pod,
        string container,
        ContainerStreams streams,
        CancellationToken cancellationToken
    ) => Open($"container {container} not found in pod {pod}");

    public Task<Uri> PortForwardAsync(PodTarget pod, IReadOnlyList<int> ports, CancellationToken cancellationToken) =>
        Open($"pod not found (\"{pod}\")");

    private Task<Uri> Open(string missing) =>
        Address is not null
            ? Task.FromResult(Address)
            : Task.FromException<Uri>(new PodStreamException(PodStreamReason.Failed, missing));
}
