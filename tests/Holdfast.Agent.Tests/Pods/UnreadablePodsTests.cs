using System.Text;
using Holdfast.Agent.Pods;
using Holdfast.Kube;
using Holdfast.Store;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Agent.Tests.Pods;

public sealed class UnreadablePodsTests : IAsyncLifetime
{
    private const string Node = "n";
    private static readonly ObjectKey Key = new(ResourceNames.Pods, "default", "p");
    private static readonly KubeException Cause = new(KubeReason.Malformed, "cannot read Pod: a mode is too large");
    private readonly TemporaryDirectory directory = new();
    private ObjectStore store = null!;

    public async Task InitializeAsync() =>
        store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = Path.Join(directory.Path, "store.db") },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None
        );

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_pod_that_cannot_be_read_fails_with_the_reason()
    {
        await TellAsync(""" "name":"p" """, Node);

        var pod = KubeObject.Parse(store.Get(Key)!.Json.Span);
        Assert.Equal("Failed", pod.TextAt("status", "phase"));
        Assert.Equal(UnreadablePods.Reason, pod.TextAt("status", "reason"));
        Assert.Equal(Cause.Message, pod.TextAt("status", "message"));
    }

    [Fact]
    public async Task A_pod_that_cannot_be_read_can_be_deleted()
    {
        await TellAsync(
            """ "name":"p","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30 """,
            Node
        );

        Assert.Null(store.Get(Key));
    }

    [Fact]
    public async Task A_pod_of_another_node_is_left_alone()
    {
        await TellAsync(""" "name":"p" """, "other");

        Assert.Equal("", KubeObject.Parse(store.Get(Key)!.Json.Span).TextAt("status", "phase"));
    }

    private async Task TellAsync(string metadata, string node)
    {
        var stored = await store.CreateAsync(
            Key,
            Encoding.UTF8.GetBytes(
                $$$"""
                {"metadata":{ {{{metadata}}} },"spec":{"nodeName":"{{{node}}}",
                 "volumes":[{"configMap":{"name":"m","defaultMode":3000000000} }]} }
                """
            ),
            CancellationToken.None
        );
        Assert.Throws<KubeException>(() => KubeJson.Deserialize<Pod>(stored.Json.Span));
        var pods = new UnreadablePods(store, Node, NullLogger.Instance);
        pods.Add(stored, Cause);
        await pods.TellAsync(CancellationToken.None);
    }
}
