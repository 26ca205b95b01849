using System.Net;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>The manifests of the two tutorials, as written, with <c>image: nginx</c> pulled from a mirror of docker.io.</summary>
public sealed class TutorialTests
{
    private const string KataPod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: nginx-kata
          labels:
            env: test
        spec:
          containers:
          - name: nginx
            image: nginx
            imagePullPolicy: IfNotPresent
          nodeSelector:
            disktype: k8s-node01	# 设置在 k8s-node01 上运行 Pod
          runtimeClassName: kata	# 设置运行时为 Kata
        """;

    private const string KataClass = """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata:
          name: kata  # 用来引用 RuntimeClass 的名字
        handler: kata  # 对应的 CRI 配置的名称
        """;

    private const string UntrustedPod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: nginx-untrusted
          annotations:
            io.kubernetes.cri.untrusted-workload: "true"
        spec:
          containers:
          - name: nginx
            image: nginx
        """;

    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: nginx-deployment
        spec:
          replicas: 1
          selector: { matchLabels: { app: nginx } }
          template:
            metadata: { labels: { app: nginx } }
            spec:
              containers: [{ name: nginx, image: nginx, ports: [{ containerPort: 80 }] }]
        """;

    [Theory]
    [InlineData(Containerds.V1_6)]
    [InlineData(Containerds.V1_7)]
    [InlineData(Containerds.V2)]
    public async Task Manifests_of_the_tutorials_run_as_written_each_in_its_runtime(string line)
    {
        await using var registry = await LoopbackRegistry.StartAsync();
        await registry.PushAsync(await TestImages.NginxAsync());
        await using var node = await ProgramNode.StartAsync(
            "  untrusted: { handler: kata }",
            new PrivateContainerdOptions
            {
                Line = line,
                Handlers = ["runc", "kata"],
                DockerHubMirror = registry.Url,
            }
        );

        // The daemon makes a class for every handler but the default one; the tutorial does not know that.
        Assert.Matches(@"kata +kata", await node.Kubectl.RunAsync("get", "runtimeclass"));
        await node.Kubectl.RunAsync("delete", "runtimeclass", "kata");
        var refused = await RefusedAsync(node, KataPod);
        Assert.Contains("RuntimeClass \"kata\" not found", refused);

        await node.ApplyAsync(KataClass);
        await node.ApplyAsync(KataPod);
        await node.ApplyAsync(UntrustedPod);
        await node.ApplyAsync(Deployment);
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "pod/nginx-kata", "pod/nginx-untrusted");
        await node.Kubectl.RunAsync("wait", "--for=condition=Available", "deployment/nginx-deployment");

        var pods = await node.Kubectl.RunAsync("get", "pod", "-o", "wide");
        Assert.Matches(@"nginx-kata +1/1 +Running +0 +\S+ +10\.\S+ +k8s-node01 +<none> +<none>", pods);
        Assert.Matches(@"nginx-deployment-\S+ +1/1 +Running", pods);

        var address = await node.Kubectl.RunAsync("get", "pod", "nginx-kata", "-o", "jsonpath={.status.podIP}");
        using var client = new HttpClient();
        using var answer = await client.GetAsync($"http://{address}/");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var runtimes = await node.RunAsync("pods");
        Assert.Matches(@"nginx-kata .*kata", runtimes);
        Assert.Matches(@"nginx-untrusted .*kata", runtimes);
        Assert.Matches(@"nginx-deployment-.*runc", runtimes);
        Assert.Contains("docker.io/library/nginx:latest", await node.Containerds[0].CtrAsync("container", "ls"));
    }

    [Fact]
    public async Task A_pod_whose_registry_is_away_says_so_and_runs_when_it_is_back()
    {
        await using var node = await ProgramNode.StartAsync(
            "",
            new PrivateContainerdOptions { DockerHubMirror = "http://127.0.0.1:9" }
        );
        await node.ApplyAsync(UntrustedPodWithout("io.kubernetes.cri.untrusted-workload"));
        await Eventually.IsTrueAsync(
            "the pod waits for its image",
            async () => (await node.Kubectl.RunAsync("get", "pod")).Contains("ImagePull", StringComparison.Ordinal)
        );
        // Events follow the status: what happens together is written together.
        await Eventually.IsTrueAsync(
            "the pod's events tell why",
            async () =>
                (await node.Kubectl.RunAsync("describe", "pod", "nginx-untrusted")).Contains(
                    "Failed to pull image",
                    StringComparison.Ordinal
                )
        );

        await node.Containerds[0].ImportAsync(await TestImages.NginxAsync());
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "pod/nginx-untrusted", "--timeout=50s");
    }

    private static string UntrustedPodWithout(string annotation) =>
        UntrustedPod
            .Replace($"    {annotation}: \"true\"\n", "", StringComparison.Ordinal)
            .Replace("  annotations:\n", "", StringComparison.Ordinal)
            .Replace("image: nginx", "image: nginx\n    imagePullPolicy: IfNotPresent", StringComparison.Ordinal);

    private static async Task<string> RefusedAsync(ProgramNode node, string manifest)
    {
        var file = Path.Join(node.Paths.Root, "refused.yaml");
        await File.WriteAllTextAsync(file, manifest);
        var result = await node.Kubectl.TryAsync("create", "-f", file);
        Assert.NotEqual(0, result.ExitCode);
        return result.StandardError;
    }
}
