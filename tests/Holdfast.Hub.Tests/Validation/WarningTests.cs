using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Hub.Validation;

namespace Holdfast.Hub.Tests.Validation;

public sealed partial class WarningTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData(
        "",
        """ "resources":{"requests":{"memory":"128m"}} """,
        "resources.requests[memory]: fractional byte value \\\"128m\\\" is invalid, must be an integer"
    )]
    [InlineData(
        "",
        """ "env":[{"name":"A","value":"1"},{"name":"A","value":"2"}] """,
        "env[1]: hides previous definition of \\\"A\\\", which may be dropped when using apply"
    )]
    [InlineData(
        "",
        """ "livenessProbe":{"exec":{"command":["true"]}} """,
        "livenessProbe: accepted but not acted on by this node"
    )]
    [InlineData(
        "",
        """ "lifecycle":{"preStop":{"httpGet":{"port":80}}} """,
        "lifecycle.preStop.httpGet: accepted but not acted on by this node"
    )]
    [InlineData(""" "hostUsers":false, """, "", "spec.hostUsers: accepted but not acted on by this node")]
    [InlineData(
        """ "readinessGates":[{"conditionType":"a/b"}], """,
        "",
        "spec.readinessGates: accepted but not acted on by this node"
    )]
    [InlineData(
        """ "volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}], """,
        "",
        "spec.volumes[0].emptyDir.sizeLimit: accepted but not acted on by this node"
    )]
    [InlineData(""" "imagePullSecrets":[{}], """, "", "spec.imagePullSecrets[0].name: invalid empty name \\\"\\\"")]
    public async Task What_is_strange_or_without_effect_is_told(string spec, string container, string warning)
    {
        var warnings = await WarningsAsync(
            HttpMethod.Post,
            Pods,
            $$$"""
            {"metadata":{"name":"p"},"spec":{ {{{spec}}} "containers":[{"name":"c","image":"i"{{{(
                container.Length > 0 ? "," : ""
            )}}}{{{container}}} }]} }
            """
        );

        Assert.Contains(warning, Assert.Single(warnings));
    }

    [Fact]
    public async Task A_member_that_stands_twice_is_told_and_the_last_one_counts()
    {
        var warnings = await WarningsAsync(
            HttpMethod.Post,
            Pods,
            """
            {"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","image":"j",
             "env":[{"name":"A","value":"1","value":"2"}]}]}}
            """
        );

        Assert.Equal(
            [
                "299 - \"duplicate field \\\"spec.containers[0].image\\\"\"",
                "299 - \"duplicate field \\\"spec.containers[0].env[0].value\\\"\"",
            ],
            warnings
        );
        var pod = await hub.GetAsync($"{Pods}/p");
        Assert.Equal("j", (string)pod["spec"]!["containers"]![0]!["image"]!);
    }

    [Fact]
    public async Task Values_that_need_nothing_done_are_not_told()
    {
        var warnings = await WarningsAsync(
            HttpMethod.Post,
            Pods,
            """
            {"metadata":{"name":"p"},"spec":{"hostUsers":true,"automountServiceAccountToken":false,"setHostnameAsFQDN":false,
             "os":{"name":"linux"},"serviceAccountName":"default","subdomain":"","readinessGates":[],
             "volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi","medium":"Memory"}}],
             "containers":[{"name":"c","image":"i"}]}}
            """
        );

        Assert.Empty(warnings);
    }

    [Fact]
    public async Task The_template_of_a_deployment_is_told_with_its_path()
    {
        var warnings = await WarningsAsync(
            HttpMethod.Post,
            "/apis/apps/v1/namespaces/default/deployments",
            """
            {"metadata":{"name":"d"},"spec":{"replicas":0,"selector":{"matchLabels":{"a":"1"}},"template":
             {"metadata":{"labels":{"a":"1"}},"spec":{"containers":[{"name":"c","image":"i","startupProbe":{"exec":{"command":["x"]}}}]}}}}
            """
        );

        Assert.Contains("spec.template.spec.containers[0].startupProbe: accepted", Assert.Single(warnings));
    }

    [Fact]
    public async Task A_write_that_is_tried_again_after_a_conflict_warns_once()
    {
        const string Maps = "/api/v1/namespaces/default/configmaps";
        const int Writers = 8;
        await hub.PostAsync(Maps, """{"metadata":{"name":"m"}}""");
        for (var round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, Writers)
                    .Select(i =>
                        WarningsAsync(
                            HttpMethod.Patch,
                            $"{Maps}/m",
                            $$$"""{"data":{"k{{{i}}}":"{{{round}}}"},"foo":1}"""
                        )
                    )
            );

            Assert.All(answers, warnings => Assert.Equal(["299 - \"unknown field \\\"foo\\\"\""], warnings));
        }
    }

    [Fact]
    public void The_documentation_lists_the_fields_without_effect()
    {
        var document = File.ReadAllText(Path.Join(RepositoryRoot(), "docs", "api.md"));
        var section = document[document.IndexOf("## Fields without effect", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", StringComparison.Ordinal)];
        var listed = ListedField().Matches(section).Select(m => m.Groups["path"].Value);

        Assert.Equal(UnactedFields.OfPods.Concat(UnactedFields.OfContainers).Select(f => f.Path), listed);
    }

    private async Task<IReadOnlyList<string>> WarningsAsync(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Content.Headers.TryAddWithoutValidation(
            "Content-Type",
            method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"
        );
        using var response = await hub.Http.SendAsync(request);
        Assert.True(
            response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created,
            await response.Content.ReadAsStringAsync()
        );
        return response.Headers.TryGetValues("Warning", out var warnings) ? [.. warnings] : [];
    }

    private static string RepositoryRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(directory, "Holdfast.slnx")))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        return directory;
    }

    [GeneratedRegex("^- `(?<path>[^`]+)`", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ListedField();
}
