using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Tests.Http;

/// <summary>Whatever comes in from outside: the answer is 4xx, the server lives, and nothing half is stored.</summary>
public sealed class AbuseTests : IAsyncLifetime
{
    private const int Rounds = 200;
    private const string Pods = "/api/v1/namespaces/default/pods";

    private static readonly string[] Words =
    [
        "api",
        "apis",
        "v1",
        "apps",
        "namespaces",
        "default",
        "pods",
        "status",
        "log",
        "scale",
        "deployments",
        "..",
        "%2f",
        "%00",
        "%ff",
        "a b",
        "",
        "ä",
        "watch",
        "openapi",
        "v2",
        "v3",
    ];

    private static readonly string[] Values =
    [
        "null",
        "[]",
        "{}",
        "\"x\"",
        "-1",
        "1e99",
        "true",
        "[null]",
        "[[]]",
        "{\"\":{}}",
        "\"\\u0000\"",
        "\"9999999999999999999Gi\"",
        "99999999999999999999",
    ];

    private static readonly string[] Fields =
    [
        "metadata",
        "spec",
        "status",
        "containers",
        "name",
        "labels",
        "ownerReferences",
        "finalizers",
        "volumes",
        "env",
        "ports",
        "resources",
        "limits",
        "$patch",
        "$setElementOrder/containers",
        "$retainKeys",
        "nodeSelector",
        "overhead",
        "creationTimestamp",
        "kind",
        "apiVersion",
    ];

    private TestHub hub = null!;

    public async Task InitializeAsync()
    {
        hub = await TestHub.StartAsync();
        await hub.PostAsync(Pods, """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
    }

    public async Task DisposeAsync()
    {
        Assert.Equal("ok", await hub.Http.GetStringAsync("/healthz"));
        await hub.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_paths_and_queries(int seed)
    {
        var random = new Random(seed);
        HttpMethod[] methods = [HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch];
        string[] parameters =
        [
            "labelSelector",
            "fieldSelector",
            "limit",
            "continue",
            "resourceVersion",
            "dryRun",
            "tailLines",
        ];
        for (var i = 0; i < Rounds; i++)
        {
            var path = "/" + string.Join('/', Enumerable.Range(0, random.Next(8)).Select(_ => Pick(random, Words)));
            var query = $"{Pick(random, parameters)}={Uri.EscapeDataString(Garbage(random, 20))}";
            await SendAsync(Pick(random, methods), $"{path}?{query}", null, "");
        }
    }

    [Theory]
    [InlineData(3, "application/json")]
    [InlineData(4, "application/yaml")]
    [InlineData(5, "application/vnd.kubernetes.protobuf")]
    [InlineData(6, "text/html")]
    public async Task Random_bodies(int seed, string type)
    {
        var random = new Random(seed);
        for (var i = 0; i < Rounds; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            byte[] body = type.Contains("protobuf") ? [.. "k8s\0"u8, .. bytes] : bytes;
            await SendAsync(HttpMethod.Post, Pods, body, type);
        }
    }

    [Theory]
    [InlineData(7, "application/merge-patch+json")]
    [InlineData(8, "application/strategic-merge-patch+json")]
    [InlineData(9, "application/json-patch+json")]
    public async Task Patches_that_are_json_but_no_sense(int seed, string type)
    {
        var random = new Random(seed);
        for (var i = 0; i < Rounds; i++)
        {
            var patch = type.Contains("json-patch")
                ? $$"""[{"op":"{{Pick(random, ["add", "remove", "replace", "move", "copy", "test", "x"])}}","path":"/{{Pick(random, Fields)}}/{{Pick(random, Fields)}}","from":"/spec","value":{{Value(random, 3)}}}]"""
                : Value(random, 5);
            await SendAsync(HttpMethod.Patch, $"{Pods}/p", Encoding.UTF8.GetBytes(patch), type);
        }

        // Whatever was accepted left an object that every reader can read.
        var pod = await hub.GetAsync($"{Pods}/p");
        Assert.Equal("Pod", (string)pod["kind"]!);
        await hub.GetAsync(Pods, "application/json;as=Table;v=v1;g=meta.k8s.io");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public async Task Objects_that_are_json_but_no_sense(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < Rounds; i++)
        {
            foreach (var row in ResourceTable.Kubernetes.Rows)
            {
                var root = row.Group.Length == 0 ? "/api/v1" : $"/apis/{row.Group}/v1";
                var path = row.IsNamespaced ? $"{root}/namespaces/default/{row.Plural}" : $"{root}/{row.Plural}";
                var body =
                    $$$"""{"metadata":{"generateName":"x-"},"spec":{{{Value(random, 4)}}},"data":{{{Value(random, 2)}}}}""";
                await SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), "application/json");
                if (i % 20 == 0)
                {
                    await hub.GetAsync(path, "application/json;as=Table;v=v1;g=meta.k8s.io");
                }
            }
        }
    }

    [Fact]
    public async Task Nesting_without_end_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 100_000));
        foreach (var type in (string[])["application/json", "application/yaml"])
        {
            await SendAsync(HttpMethod.Post, Pods, Encoding.UTF8.GetBytes(deep), type);
            await SendAsync(
                HttpMethod.Post,
                Pods,
                Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))),
                type
            );
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(",,;;==")]
    [InlineData("application/json;as=Table;v=v99;g=meta.k8s.io")]
    [InlineData("text/*;q=nonsense")]
    [InlineData("*/*;q=\"")]
    public async Task Strange_accept_headers(string accept)
    {
        var (code, _) = await hub.SendAsync(HttpMethod.Get, Pods, accept: accept);

        Assert.True(code is HttpStatusCode.OK or HttpStatusCode.NotAcceptable);
    }

    [Fact]
    public void A_truncated_protobuf_is_a_bad_request()
    {
        byte[] body = [.. "k8s\0"u8, 0x12, 0x7F, 0x00];

        Assert.Equal(
            ApiReason.BadRequest,
            Assert.Throws<ApiException>(() => ProtobufBody.Read(body, CoreResources.ConfigMaps.Schema)).Reason
        );
    }

    [Fact]
    public void A_config_map_is_read_from_protobuf()
    {
        // typeMeta{v1,ConfigMap}, raw{metadata{name "a"}, data{"k":"v"}}
        byte[] raw = [0x0A, 0x03, 0x0A, 0x01, (byte)'a', 0x12, 0x06, 0x0A, 0x01, (byte)'k', 0x12, 0x01, (byte)'v'];
        byte[] type = [0x0A, 0x02, (byte)'v', (byte)'1', 0x12, 0x09, .. "ConfigMap"u8];
        byte[] body = [.. "k8s\0"u8, 0x0A, (byte)type.Length, .. type, 0x12, (byte)raw.Length, .. raw];
        var map = ProtobufBody.Read(body, CoreResources.ConfigMaps.Schema);

        Assert.True(
            JsonNode.DeepEquals(
                map,
                JsonNode.Parse("""{"metadata":{"name":"a"},"data":{"k":"v"},"apiVersion":"v1","kind":"ConfigMap"}""")
            ),
            map.ToJsonString()
        );
    }

    [Fact]
    public void A_field_of_a_later_version_is_passed_over_in_protobuf()
    {
        // raw{metadata{name "a"}, field 99 "x"}
        byte[] raw = [0x0A, 0x03, 0x0A, 0x01, (byte)'a', 0x9A, 0x06, 0x01, (byte)'x'];
        byte[] body = [.. "k8s\0"u8, 0x12, (byte)raw.Length, .. raw];
        var map = ProtobufBody.Read(body, CoreResources.ConfigMaps.Schema);

        Assert.Equal("a", (string)map["metadata"]!["name"]!);
    }

    [Fact]
    public void A_known_field_without_a_number_is_never_left_out()
    {
        // spec{affinity, field 18 of PodSpec}
        byte[] raw = [0x12, 0x03, 0x92, 0x01, 0x00];
        byte[] body = [.. "k8s\0"u8, 0x12, (byte)raw.Length, .. raw];

        Assert.Equal(
            ApiReason.UnsupportedMediaType,
            Assert.Throws<ApiException>(() => ProtobufBody.Read(body, PodResources.Pods.Schema)).Reason
        );
    }

    private async Task SendAsync(HttpMethod method, string path, byte[]? body, string type)
    {
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var request = new HttpRequestMessage(method, new Uri($"http://hub{path}", options));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var response = await hub.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
        var code = (int)response.StatusCode;
        Assert.True(
            code is < 500 or 501 or 504,
            $"{method} {path}: {code} {await response.Content.ReadAsStringAsync(timeout.Token)}\n{(body is null ? "" : Encoding.UTF8.GetString(body))}"
        );
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    private static string Garbage(Random random, int length) =>
        new([.. Enumerable.Range(0, random.Next(length)).Select(_ => (char)random.Next(1, 0x250))]);

    private static string Value(Random random, int depth) =>
        random.Next(depth > 0 ? 3 : 1) switch
        {
            1 => "{"
                + string.Join(
                    ',',
                    Enumerable
                        .Range(0, random.Next(5))
                        .Select(_ => Pick(random, Fields))
                        .Distinct()
                        .Select(f => $"\"{f}\":{Value(random, depth - 1)}")
                )
                + "}",
            2 => "["
                + string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Value(random, depth - 1)))
                + "]",
            _ => Pick(random, Values),
        };
}
