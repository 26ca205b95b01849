using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class PodGarbageCollectorTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync(clock: clock);

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_pod_of_a_node_that_is_not_there_is_deleted()
    {
        await hub.PostAsync(Pods, Pod("stray", "elsewhere"));
        await hub.PostAsync(Pods, Pod("own", TestHub.Node));
        await hub.PostAsync("/api/v1/nodes", """{"metadata":{"name":"other"}}""");
        await hub.PostAsync(Pods, Pod("others", "other"));

        await GoneAsync("stray");
        await hub.GetAsync($"{Pods}/own");
        await hub.GetAsync($"{Pods}/others");
        await hub.DeleteAsync("/api/v1/nodes/other");
        await GoneAsync("others");
        await hub.GetAsync($"{Pods}/own");
    }

    [Fact]
    public async Task A_namespace_with_such_a_pod_can_be_deleted()
    {
        await hub.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"other"}}""");
        await hub.PostAsync("/api/v1/namespaces/other/pods", Pod("stray", "elsewhere"));
        await hub.DeleteAsync("/api/v1/namespaces/other");

        await hub.UntilAsync(
            "/api/v1/namespaces/other",
            s =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return (int?)s["code"] == 404;
            }
        );
    }

    private Task GoneAsync(string pod) =>
        hub.UntilAsync(
            $"{Pods}/{pod}",
            s =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return (int?)s["code"] == 404;
            }
        );

    private static string Pod(string name, string node) =>
        $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","image":"i"}]} }""";
}
