using System.Net;
using Holdfast.Kube;

namespace Holdfast.Hub.Tests.Logs;

public sealed class LogTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private TestHub hub = null!;
    private string file = "";

    public async Task InitializeAsync()
    {
        hub = await TestHub.StartAsync(withAgent: true);
        await hub.PostAsync(Pods, """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        var pod = await hub.UntilAsync($"{Pods}/p", p => (string?)p["status"]?["phase"] == "Running");
        file = Path.Join(
            hub.Paths.PodLogsDirectory,
            PodLogPath.Container("default", "p", (string)pod["metadata"]!["uid"]!, "c"),
            PodLogPath.File(0)
        );
    }

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData("", "hello from c\nfirst second\nthird line\n")]
    [InlineData("tailLines=1", "third line\n")]
    [InlineData("tailLines=0", "")]
    [InlineData("tailLines=100", "hello from c\nfirst second\nthird line\n")]
    [InlineData("limitBytes=5", "hello")]
    [InlineData("sinceTime=2026-01-01T00:00:03Z", "third line\n")]
    [InlineData("tailLines=1&timestamps=true", "2026-01-01T00:00:03.000000004Z third line\n")]
    [InlineData(
        "timestamps=true&sinceTime=2026-01-01T00:00:02Z&limitBytes=44",
        "2026-01-01T00:00:02.000000002Z first second\n"
    )]
    [InlineData("container=c", "hello from c\nfirst second\nthird line\n")]
    public async Task Lines_come_as_asked_for(string query, string expected) =>
        Assert.Equal(expected, await hub.Http.GetStringAsync($"{Pods}/p/log?{query}"));

    [Theory]
    [InlineData("container=none", 400, "container none is not valid for pod p")]
    [InlineData("previous=true", 400, "previous terminated container \"c\" in pod \"p\" not found")]
    [InlineData("tailLines=-1", 422, "tailLines")]
    [InlineData("limitBytes=0", 422, "limitBytes")]
    [InlineData("sinceSeconds=x", 400, "sinceSeconds")]
    [InlineData("sinceSeconds=1&sinceTime=2026-01-01T00:00:03Z", 422, "at most one of")]
    [InlineData("sinceTime=yesterday", 422, "sinceTime")]
    public async Task Bad_questions_are_refused(string query, int code, string message)
    {
        var (actual, status) = await hub.SendAsync(HttpMethod.Get, $"{Pods}/p/log?{query}");

        Assert.Equal(code, (int)actual);
        Assert.Contains(message, (string)status["message"]!);
    }

    [Fact]
    public async Task A_pod_without_a_node_has_no_logs()
    {
        await hub.PostAsync(
            Pods,
            """{"metadata":{"name":"q"},"spec":{"nodeSelector":{"no":"where"},"containers":[{"name":"c","image":"i"}]}}"""
        );
        var (code, status) = await hub.SendAsync(HttpMethod.Get, $"{Pods}/q/log");

        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains("does not have a host assigned", (string)status["message"]!);
    }

    [Fact]
    public async Task Following_sees_new_lines_and_ends_with_the_container()
    {
        using var response = await hub.Http.GetAsync(
            $"{Pods}/p/log?follow=true&tailLines=1",
            HttpCompletionOption.ResponseHeadersRead
        );
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("third line", await reader.ReadLineAsync());

        await File.AppendAllTextAsync(file, "2026-01-01T00:00:04Z stdout F fourth\n");
        Assert.Equal("fourth", await reader.ReadLineAsync());

        await File.AppendAllTextAsync(file, "2026-01-01T00:00:05Z stdout F last\n");
        await hub.DeleteAsync($"{Pods}/p");
        Assert.Equal("last", await reader.ReadLineAsync());
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Following_goes_on_in_the_new_file_after_a_rotation()
    {
        using var response = await hub.Http.GetAsync(
            $"{Pods}/p/log?follow=true&tailLines=0",
            HttpCompletionOption.ResponseHeadersRead
        );
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await Task.Delay(300);
        await File.AppendAllTextAsync(file, "2026-01-01T00:00:04Z stdout F before\n");
        Assert.Equal("before", await reader.ReadLineAsync());
        File.Move(file, file + ".1");
        await File.WriteAllTextAsync(file, "2026-01-01T00:00:05Z stdout F after\n");

        Assert.Equal("after", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Lines_of_no_known_form_pass_through()
    {
        await File.WriteAllTextAsync(file, "just text\n\0\u0001\n2026-01-01T00:00:05Z stdout F ok\nno newline");

        Assert.Equal("just text\n\0\u0001\nok\n", await hub.Http.GetStringAsync($"{Pods}/p/log"));
    }

    [Fact]
    public async Task A_line_longer_than_any_buffer_is_sent_in_pieces()
    {
        await File.WriteAllTextAsync(file, new string('x', 600_000) + "\n");

        Assert.Equal(600_001, (await hub.Http.GetStringAsync($"{Pods}/p/log")).Length);
    }
}
