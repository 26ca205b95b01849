using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Hub.Tests.Storage;

public sealed class DeletionTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Bound =
        """{"metadata":{"name":"p"},"spec":{"nodeName":"edge1","containers":[{"name":"c","image":"i"}]}}""";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData("foregroundDeletion")]
    [InlineData("orphan")]
    public async Task A_delete_without_a_policy_keeps_what_an_earlier_one_asked_for(string finalizer)
    {
        await hub.PostAsync(Maps, $$$"""{"metadata":{"name":"a","finalizers":["{{{finalizer}}}","example.com/x"]}}""");
        var marked = await hub.DeleteAsync($"{Maps}/a");

        Assert.Contains(finalizer, marked["metadata"]!["finalizers"]!.AsArray().Select(f => (string)f!));
    }

    [Fact]
    public async Task A_delete_in_the_background_takes_back_an_earlier_foreground()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a","finalizers":["foregroundDeletion","example.com/x"]}}""");
        var marked = await hub.DeleteAsync($"{Maps}/a", """{"propagationPolicy":"Background"}""");

        Assert.Equal("example.com/x", (string)Assert.Single(marked["metadata"]!["finalizers"]!.AsArray())!);
    }

    [Fact]
    public async Task No_finalizer_is_added_to_an_object_that_is_being_deleted()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a","finalizers":["example.com/x"]}}""");
        await hub.DeleteAsync($"{Maps}/a");
        var (code, status) = await hub.SendAsync(
            HttpMethod.Patch,
            $"{Maps}/a",
            """{"metadata":{"finalizers":["example.com/x","example.com/y"]}}""",
            "application/merge-patch+json"
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Equal(
            "ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is "
                + "being deleted, found new finalizers []string{\"example.com/y\"}",
            (string)status["message"]!
        );
    }

    [Theory]
    [InlineData("\"mine\"", "name is neither a standard finalizer name nor is it fully qualified")]
    [InlineData("\"orphan\",\"foregroundDeletion\"", "finalizer orphan and foregroundDeletion cannot be both set")]
    public async Task A_finalizer_has_a_domain_or_is_kubernetes_own(string finalizers, string message)
    {
        var (code, status) = await hub.SendAsync(
            HttpMethod.Post,
            Maps,
            $$$"""{"metadata":{"name":"a","finalizers":[{{{finalizers}}}]}}"""
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(message, (string)status["message"]!);
    }

    [Fact]
    public async Task A_shorter_grace_counts_from_the_first_deletion()
    {
        await hub.PostAsync(Pods, Bound);
        var first = await hub.DeleteAsync($"{Pods}/p", """{"gracePeriodSeconds":600}""");
        var second = await hub.DeleteAsync($"{Pods}/p", """{"gracePeriodSeconds":100}""");

        Assert.Equal(TimeSpan.FromSeconds(500), DeletedAt(first) - DeletedAt(second));
        Assert.Equal((long)first["metadata"]!["generation"]!, (long)second["metadata"]!["generation"]!);
    }

    [Fact]
    public async Task A_grace_beyond_all_dates_is_cut()
    {
        await hub.PostAsync(Pods, Bound);
        var marked = await hub.DeleteAsync($"{Pods}/p?gracePeriodSeconds=9000000000000");

        Assert.Equal(int.MaxValue, (long)marked["metadata"]!["deletionGracePeriodSeconds"]!);
    }

    [Theory]
    [InlineData("terminationGracePeriodSeconds", "9000000000000", "must be between 0 and 2147483647, inclusive")]
    [InlineData("activeDeadlineSeconds", "9000000000000", "must be between 1 and 2147483647, inclusive")]
    public async Task Seconds_of_a_pod_fit_into_every_timer(string field, string seconds, string message)
    {
        var (code, status) = await hub.SendAsync(
            HttpMethod.Post,
            Pods,
            $$$"""{"metadata":{"name":"p"},"spec":{"{{{field}}}":{{{seconds}}},"containers":[{"name":"c","image":"i"}]}}"""
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(message, (string)status["message"]!);
    }

    [Fact]
    public async Task A_collection_answers_what_it_deleted()
    {
        await hub.PostAsync(Maps, """{"metadata":{"name":"a","labels":{"x":"1"}}}""");
        await hub.PostAsync(Maps, """{"metadata":{"name":"b"}}""");
        var deleted = await hub.DeleteAsync($"{Maps}?labelSelector=x");

        Assert.Equal("ConfigMapList", (string)deleted["kind"]!);
        Assert.Equal("a", (string)Assert.Single(deleted["items"]!.AsArray())!["metadata"]!["name"]!);
    }

    private static DateTimeOffset DeletedAt(JsonNode o) =>
        DateTimeOffset.Parse(
            (string)o["metadata"]!["deletionTimestamp"]!,
            System.Globalization.CultureInfo.InvariantCulture
        );
}
