using System.Net;

namespace Holdfast.Hub.Tests.Http;

public sealed class ObjectTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Pod = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"busybox"}]}}""";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_new_object_gets_what_only_the_server_gives()
    {
        var made = await hub.PostAsync(
            Maps,
            """{"metadata":{"name":"a","resourceVersion":"","managedFields":[]},"data":{"k":"v"}}"""
        );

        Assert.Equal("ConfigMap", (string)made["kind"]!);
        Assert.Equal("v1", (string)made["apiVersion"]!);
        Assert.Equal("default", (string)made["metadata"]!["namespace"]!);
        Assert.True(Guid.TryParse((string)made["metadata"]!["uid"]!, out _));
        Assert.EndsWith("Z", (string)made["metadata"]!["creationTimestamp"]!);
        Assert.True(long.Parse((string)made["metadata"]!["resourceVersion"]!) > 0);
        Assert.Null(made["metadata"]!["managedFields"]);
    }

    [Fact]
    public async Task GenerateName_makes_different_names()
    {
        var first = await hub.PostAsync(Maps, """{"metadata":{"generateName":"x-"}}""");
        var second = await hub.PostAsync(Maps, """{"metadata":{"generateName":"x-"}}""");

        Assert.StartsWith("x-", (string)first["metadata"]!["name"]!);
        Assert.NotEqual((string)first["metadata"]!["name"]!, (string)second["metadata"]!["name"]!);
    }

    [Fact]
    public async Task The_same_name_twice_is_a_conflict()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        var (code, status) = await hub.SendAsync(HttpMethod.Post, Maps, """{"metadata":{"name":"a"}}""");

        Assert.Equal(HttpStatusCode.Conflict, code);
        Assert.Equal("AlreadyExists", (string)status["reason"]!);
        Assert.Equal("configmaps \"a\" already exists", (string)status["message"]!);
    }

    [Fact]
    public async Task An_update_from_an_old_version_is_a_conflict()
    {
        var made = await hub.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        await hub.MergeAsync($"{Maps}/a", """{"data":{"k":"v"}}""");
        made["data"] = new System.Text.Json.Nodes.JsonObject { ["k"] = "w" };
        var (code, status) = await hub.SendAsync(HttpMethod.Put, $"{Maps}/a", made.ToJsonString());

        Assert.Equal(HttpStatusCode.Conflict, code);
        Assert.Contains("the object has been modified", (string)status["message"]!);
    }

    [Fact]
    public async Task A_write_that_changes_nothing_keeps_the_version()
    {
        var made = await hub.PostAsync(Maps, """{"metadata":{"name":"a"},"data":{"k":"v"}}""");
        var same = await hub.PutAsync($"{Maps}/a", made);

        Assert.Equal((string)made["metadata"]!["resourceVersion"]!, (string)same["metadata"]!["resourceVersion"]!);
    }

    [Fact]
    public async Task Only_a_changed_spec_raises_the_generation()
    {
        await hub.PostAsync(Pods, Pod);
        var labelled = await hub.MergeAsync($"{Pods}/p", """{"metadata":{"labels":{"a":"b"}}}""");
        var changed = await hub.MergeAsync($"{Pods}/p", """{"spec":{"activeDeadlineSeconds":5}}""");

        Assert.Equal(1, (long)labelled["metadata"]!["generation"]!);
        Assert.Equal(2, (long)changed["metadata"]!["generation"]!);
    }

    [Fact]
    public async Task Status_is_written_only_through_its_own_path()
    {
        await hub.PostAsync(Pods, Pod);
        var ignored = await hub.MergeAsync($"{Pods}/p", """{"status":{"phase":"Running"}}""");
        var written = await hub.MergeAsync(
            $"{Pods}/p/status",
            """{"status":{"phase":"Running"},"spec":{"nodeName":"x"}}"""
        );

        Assert.Equal("Pending", (string)ignored["status"]!["phase"]!);
        Assert.Equal("Running", (string)written["status"]!["phase"]!);
        Assert.Null(written["spec"]!["nodeName"]);
    }

    [Fact]
    public async Task All_three_patches_work()
    {
        await hub.PostAsync(Pods, Pod);
        var (_, json) = await hub.SendAsync(
            HttpMethod.Patch,
            $"{Pods}/p",
            """[{"op":"add","path":"/metadata/labels","value":{"a":"1"}}]""",
            "application/json-patch+json"
        );
        var (_, strategic) = await hub.SendAsync(
            HttpMethod.Patch,
            $"{Pods}/p",
            """{"spec":{"containers":[{"name":"c","image":"busybox:2"}]}}""",
            "application/strategic-merge-patch+json"
        );
        var (apply, status) = await hub.SendAsync(
            HttpMethod.Patch,
            $"{Pods}/p",
            "a: b",
            "application/apply-patch+yaml"
        );

        Assert.Equal("1", (string)json["metadata"]!["labels"]!["a"]!);
        Assert.Equal("busybox:2", (string)strategic["spec"]!["containers"]![0]!["image"]!);
        Assert.Equal("Always", (string)strategic["spec"]!["containers"]![0]!["imagePullPolicy"]!);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, apply);
        Assert.Contains("server-side apply", (string)status["message"]!);
    }

    [Fact]
    public async Task Dry_run_writes_nothing()
    {
        await hub.PostAsync($"{Maps}?dryRun=All", """{"metadata":{"name":"a"}}""");
        await hub.PostAsync(Maps, """{"metadata":{"name":"b"}}""");
        await hub.MergeAsync($"{Maps}/b?dryRun=All", """{"data":{"k":"v"}}""");
        await hub.DeleteAsync($"{Maps}/b?dryRun=All");

        Assert.Equal(HttpStatusCode.NotFound, (await hub.SendAsync(HttpMethod.Get, $"{Maps}/a")).Code);
        Assert.Null((await hub.GetAsync($"{Maps}/b"))["data"]);
    }

    [Fact]
    public async Task Unknown_fields_are_an_error_or_a_warning_or_nothing()
    {
        const string Body = """{"metadata":{"name":"a"},"dta":{"k":"v"}}""";
        var (strict, status) = await hub.SendAsync(HttpMethod.Post, $"{Maps}?fieldValidation=Strict", Body);
        using var warned = await hub.Http.PostAsync(
            $"{Maps}?fieldValidation=Warn",
            new StringContent(Body, null, "application/json")
        );

        Assert.Equal(HttpStatusCode.BadRequest, strict);
        Assert.Contains("strict decoding error: unknown field \"dta\"", (string)status["message"]!);
        Assert.Equal(HttpStatusCode.Created, warned.StatusCode);
        Assert.Contains("unknown field", warned.Headers.GetValues("Warning").Single());
        Assert.Null((await hub.GetAsync($"{Maps}/a"))["dta"]);
    }

    [Fact]
    public async Task Yaml_bodies_are_read()
    {
        var (code, made) = await hub.SendAsync(
            HttpMethod.Post,
            Maps,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yam\ndata: {k: v}\n",
            "application/yaml"
        );

        Assert.Equal(HttpStatusCode.Created, code);
        Assert.Equal("v", (string)made["data"]!["k"]!);
    }

    [Fact]
    public async Task String_data_of_a_secret_becomes_data()
    {
        var made = await hub.PostAsync(
            "/api/v1/namespaces/default/secrets",
            """{"metadata":{"name":"s"},"stringData":{"k":"väl"}}"""
        );

        Assert.Null(made["stringData"]);
        Assert.Equal("dsOkbA==", (string)made["data"]!["k"]!);
        Assert.Equal("Opaque", (string)made["type"]!);
    }

    [Fact]
    public async Task Deleting_with_a_wrong_precondition_is_refused()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        var (code, _) = await hub.SendAsync(HttpMethod.Delete, $"{Maps}/a", """{"preconditions":{"uid":"other"}}""");

        Assert.Equal(HttpStatusCode.Conflict, code);
        await hub.GetAsync($"{Maps}/a");
    }

    [Fact]
    public async Task An_object_with_a_finalizer_stays_until_the_finalizer_goes()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a","finalizers":["example.com/x"]}}""");
        var marked = await hub.DeleteAsync($"{Maps}/a");
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);

        await hub.MergeAsync($"{Maps}/a", """{"metadata":{"finalizers":null}}""");
        Assert.Equal(HttpStatusCode.NotFound, (await hub.SendAsync(HttpMethod.Get, $"{Maps}/a")).Code);
    }

    [Fact]
    public async Task A_bound_pod_is_marked_and_an_unbound_one_goes_at_once()
    {
        await hub.PostAsync(Pods, Pod);
        var gone = await hub.DeleteAsync($"{Pods}/p");
        Assert.Equal("Success", (string)gone["status"]!);

        await hub.PostAsync(Pods, Pod.Replace("\"containers\"", "\"nodeName\":\"edge1\",\"containers\""));
        var marked = await hub.DeleteAsync($"{Pods}/p");
        Assert.Equal(30, (long)marked["metadata"]!["deletionGracePeriodSeconds"]!);
        var shorter = await hub.DeleteAsync($"{Pods}/p", """{"gracePeriodSeconds":3}""");
        Assert.Equal(3, (long)shorter["metadata"]!["deletionGracePeriodSeconds"]!);
        var longer = await hub.DeleteAsync($"{Pods}/p", """{"gracePeriodSeconds":60}""");
        Assert.Equal(3, (long)longer["metadata"]!["deletionGracePeriodSeconds"]!);
        Assert.Equal(
            "Success",
            (string)(await hub.DeleteAsync($"{Pods}/p", """{"gracePeriodSeconds":0}"""))["status"]!
        );
    }

    [Fact]
    public async Task A_collection_is_deleted_by_selector()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a","labels":{"x":"1"}}}""");
        await hub.PostAsync(Maps, """{"metadata":{"name":"b"}}""");
        await hub.DeleteAsync($"{Maps}?labelSelector=x");

        var left = await hub.GetAsync(Maps);
        Assert.Equal("b", (string)Assert.Single(left["items"]!.AsArray())!["metadata"]!["name"]!);
    }

    [Theory]
    [InlineData(
        "/api/v1/namespaces/none/configmaps",
        """{"metadata":{"name":"a"}}""",
        404,
        "namespaces \"none\" not found"
    )]
    [InlineData(Maps, """{"metadata":{"name":"a","namespace":"x"}}""", 400, "does not match the namespace")]
    [InlineData(Maps, """{"kind":"Secret","apiVersion":"v1"}""", 400, "must be of type ConfigMap")]
    [InlineData(Maps, """{"metadata":{"name":"a"},"data":{"k":1}}""", 400, "cannot unmarshal number into field data.k")]
    [InlineData(Maps, """{"metadata":{"name":"a"}} x""", 400, "not JSON")]
    [InlineData(Maps, """{"metadata":{"name":"\ud800"}}""", 400, "not JSON")]
    [InlineData(
        Maps + "?fieldValidation=Strict",
        """{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"foo":1}""",
        400,
        "strict decoding error: duplicate field \"data.k\", unknown field \"foo\""
    )]
    [InlineData(Maps, "{", 400, "not JSON")]
    [InlineData(Maps, "", 400, "empty")]
    [InlineData(Maps, "[]", 400, "not an object")]
    [InlineData(Maps, "{}", 422, "name or generateName is required")]
    [InlineData(Pods, """{"metadata":{"name":"a"},"spec":{"containers":"x"}}""", 400, "spec.containers")]
    [InlineData(Pods, """{"metadata":{"name":"a"},"spec":{"containers":[null]}}""", 400, "spec.containers[0]")]
    public async Task Bad_bodies_are_refused_with_the_reason(string path, string body, int code, string message)
    {
        var (actual, status) = await hub.SendAsync(HttpMethod.Post, path, body);

        Assert.Equal(code, (int)actual);
        Assert.Contains(message, (string)status["message"]!);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused()
    {
        var (code, status) = await hub.SendAsync(HttpMethod.Post, Maps, new string('x', (3 << 20) + 1));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, code);
        Assert.Equal("RequestEntityTooLarge", (string)status["reason"]!);
    }

    [Fact]
    public async Task The_older_version_of_runtime_classes_is_the_same_object()
    {
        await hub.PostAsync(
            "/apis/node.k8s.io/v1beta1/runtimeclasses",
            """{"apiVersion":"node.k8s.io/v1beta1","kind":"RuntimeClass","metadata":{"name":"kata"},"handler":"kata"}"""
        );

        Assert.Equal(
            "node.k8s.io/v1",
            (string)(await hub.GetAsync("/apis/node.k8s.io/v1/runtimeclasses/kata"))["apiVersion"]!
        );
        var old = await hub.GetAsync("/apis/node.k8s.io/v1beta1/runtimeclasses");
        Assert.Equal("node.k8s.io/v1beta1", (string)old["items"]![0]!["apiVersion"]!);
    }
}
