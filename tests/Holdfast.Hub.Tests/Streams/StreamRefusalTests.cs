using System.Net;

namespace Holdfast.Hub.Tests.Streams;

/// <summary>Streams that are not opened, and how clients are told.</summary>
public sealed class StreamRefusalTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private TestHub hub = null!;

    public async Task InitializeAsync()
    {
        hub = await TestHub.StartAsync(withAgent: true);
        await hub.PostAsync(
            Pods,
            """
            {"metadata":{"name":"two"},"spec":{"initContainers":[{"name":"i","image":"i"}],
             "containers":[{"name":"a","image":"i"},{"name":"b","image":"i"}]}}
            """
        );
        await hub.PostAsync(
            Pods,
            """{"metadata":{"name":"lost"},"spec":{"nodeSelector":{"no":"where"},"containers":[{"name":"a","image":"i"}]}}"""
        );
        await hub.UntilAsync($"{Pods}/two", p => (string?)p["status"]?["phase"] == "Running");
    }

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData("none/exec?command=ls&stdout=1", 404, "pods \"none\" not found")]
    [InlineData("two/exec?command=ls&stdout=1", 400, "must be specified for pod two, choose one of: [i a b]")]
    [InlineData("two/attach?stdout=1", 400, "a container name must be specified for pod two, choose one of: [i a b]")]
    [InlineData("two/exec?container=c&stdout=1", 400, "container c is not valid for pod two")]
    [InlineData("two/exec?container=a&stdout=1", 400, "Upgrade request required")]
    [InlineData("two/exec?container=i&stdout=1", 400, "Upgrade request required")]
    [InlineData("two/portforward", 400, "Upgrade request required")]
    [InlineData("lost/exec?stdout=1", 400, "pod lost does not have a host assigned")]
    [InlineData("lost/attach?stdout=1", 400, "pod lost does not have a host assigned")]
    [InlineData("lost/portforward", 400, "pod lost does not have a host assigned")]
    public async Task What_the_api_server_refuses_is_a_status(string path, int code, string message)
    {
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
        {
            var (actual, status) = await hub.SendAsync(method, $"{Pods}/{path}");

            Assert.Equal(code, (int)actual);
            Assert.Contains(message, (string)status["message"]!);
        }
    }

    [Theory]
    [InlineData("exec?container=a&stdout=1", 500, "container not found (\"a\")")]
    [InlineData("attach?container=a&stdout=1", 500, "container a not found in pod two_default")]
    [InlineData("portforward", 500, "pod not found (\"two_default\")")]
    [InlineData("exec?container=a", 400, "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData("exec?container=a&stdout=0&stderr=false", 400, "you must specify at least 1 of stdin, stdout, stderr")]
    public async Task What_the_kubelet_refuses_is_plain_text(string path, int code, string message)
    {
        using var answer = await UpgradeAsync($"{Pods}/two/{path}", "SPDY/3.1");

        Assert.Equal(code, (int)answer.StatusCode);
        Assert.Equal(message, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_runtime_that_is_gone_is_named()
    {
        hub.Streams.Address = new Uri("http://127.0.0.1:1/exec/token");
        using var answer = await UpgradeAsync($"{Pods}/two/exec?container=a&stdout=1", "SPDY/3.1");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.StartsWith("error dialing backend:", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task Other_methods_are_not_allowed(string method)
    {
        var (code, _) = await hub.SendAsync(new HttpMethod(method), $"{Pods}/two/exec", "{}");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, code);
    }

    private async Task<HttpResponseMessage> UpgradeAsync(string path, string protocol)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd(protocol);
        return await hub.Http.SendAsync(request);
    }
}
