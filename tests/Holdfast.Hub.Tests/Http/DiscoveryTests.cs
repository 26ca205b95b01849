using System.Net;
using Holdfast.Hub.Discovery;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Tests.Http;

public sealed class DiscoveryTests : IAsyncLifetime
{
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task Every_row_of_the_table_is_discovered_and_served()
    {
        foreach (var row in ResourceTable.Kubernetes.Rows)
        {
            foreach (var version in row.Versions)
            {
                var root = row.Group.Length == 0 ? $"/api/{version}" : $"/apis/{row.Group}/{version}";
                var resources = (await hub.GetAsync(root))["resources"]!.AsArray();
                Assert.Contains(resources, r => (string)r!["name"]! == row.Plural && (string)r["kind"]! == row.Kind);
                Assert.Equal(row.Kind + "List", (string)(await hub.GetAsync($"{root}/{row.Plural}"))["kind"]!);
            }
        }
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("v2beta1")]
    public async Task Aggregated_discovery_is_answered_in_the_version_asked_for(string version)
    {
        var accept = $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList,application/json";
        var groups = await hub.GetAsync("/apis", accept);

        Assert.Equal($"apidiscovery.k8s.io/{version}", (string)groups["apiVersion"]!);
        Assert.Equal(["apps", "node.k8s.io"], groups["items"]!.AsArray().Select(g => (string)g!["metadata"]!["name"]!));
    }

    [Fact]
    public async Task A_discovery_version_nobody_knows_falls_back_to_the_plain_list()
    {
        var groups = await hub.GetAsync(
            "/apis",
            "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json"
        );

        Assert.Equal("APIGroupList", (string)groups["kind"]!);
    }

    [Fact]
    public async Task OpenApi_says_that_every_kind_takes_field_validation()
    {
        var paths = (await hub.GetAsync("/openapi/v3"))["paths"]!.AsObject();
        foreach (var (_, page) in paths)
        {
            var document = await hub.GetAsync((string)page!["serverRelativeURL"]!);
            foreach (var (_, path) in document["paths"]!.AsObject())
            {
                Assert.Contains(
                    path!["patch"]!["parameters"]!.AsArray(),
                    p => (string)p!["name"]! == "fieldValidation"
                );
            }
        }
    }

    [Fact]
    public void OpenApi_v2_is_a_protobuf_document()
    {
        var bytes = OpenApiV2.Protobuf(ResourceTable.Kubernetes);

        // Field 1, length 3, "2.0".
        Assert.Equal([0x0A, 0x03, (byte)'2', (byte)'.', (byte)'0'], bytes[..5]);
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/api/v2")]
    [InlineData("/api/v1/widgets")]
    [InlineData("/apis/none.example")]
    [InlineData("/api/v1/namespaces/default/pods/a/b/c")]
    [InlineData("/api/v1/pods/name-without-namespace")]
    [InlineData("/api/v1/namespaces/default/nodes")]
    public async Task Unknown_paths_are_not_found(string path)
    {
        var (code, status) = await hub.SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.NotFound, code);
        Assert.Equal("NotFound", (string)status["reason"]!);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task Health_is_told(string path) => Assert.Equal("ok", await hub.Http.GetStringAsync(path));
}
