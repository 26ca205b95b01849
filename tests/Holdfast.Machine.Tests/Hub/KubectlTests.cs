using System.Text.Json.Nodes;
using Holdfast.Hub;
using Holdfast.Hub.Tests;
using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Hub;

/// <summary>What people do with kubectl, with the real program against a real Hub; only the containers are played.</summary>
public abstract class KubectlTests(string version) : IAsyncLifetime
{
    private const string Node = "edge1";

    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          labels: {app: web}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: nginx
                image: nginx:1.15.12
                ports: [{containerPort: 80}]
                resources: {limits: {cpu: 0.1, memory: 64Mi}}
        """;

    private const string Kata = """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata:
          name: kata
        handler: kata
        ---
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
            disktype: ssd
          runtimeClassName: kata
        """;

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("holdfast-kubectl-");
    private ObjectStore store = null!;
    private HubServer hub = null!;
    private FakeAgent agent = null!;
    private Kubectl kubectl = null!;

    public async Task InitializeAsync()
    {
        var paths = new NodePaths(root.FullName);
        Directory.CreateDirectory(paths.StateDirectory);
        store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = paths.StoreDatabase },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None
        );
        hub = new HubServer(
            store,
            new HubOptions(Node, paths) { Port = 0 },
            new FakeStreams(),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await hub.StartAsync(CancellationToken.None);
        agent = new FakeAgent(store, paths, Node);
        kubectl = new Kubectl(await KubectlVersion.FindAsync(version), paths);
    }

    public async Task DisposeAsync()
    {
        await agent.DisposeAsync();
        await hub.DisposeAsync();
        await store.DisposeAsync();
        root.Delete(recursive: true);
    }

    [Fact]
    public async Task Discovery_and_versions()
    {
        var resources = await kubectl.RunAsync("api-resources");
        foreach (
            var kind in (string[])
                [
                    "pods",
                    "nodes",
                    "namespaces",
                    "configmaps",
                    "secrets",
                    "events",
                    "deployments",
                    "replicasets",
                    "runtimeclasses",
                ]
        )
        {
            Assert.Contains(kind, resources);
        }

        Assert.Contains("apps/v1", await kubectl.RunAsync("api-versions"));
        Assert.Contains("Server Version", await kubectl.RunAsync("version"));
    }

    [Fact]
    public async Task A_deployment_through_its_whole_life()
    {
        await ApplyAsync(Web);
        Assert.Contains(
            "successfully rolled out",
            await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s")
        );
        Assert.Contains(
            "condition met",
            await kubectl.RunAsync("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
        );
        Assert.Matches(@"web\s+3/3\s+3\s+3", await kubectl.RunAsync("get", "deployments"));
        Assert.Matches(
            @"web\s+3/3\s+3\s+3\s+\S+\s+nginx\s+nginx:1.15.12\s+app=web",
            await kubectl.RunAsync("get", "deploy", "-o", "wide")
        );
        Assert.Matches(@"web-\S+\s+3\s+3\s+3", await kubectl.RunAsync("get", "rs"));
        Assert.Contains("deployment.apps/web", await kubectl.RunAsync("get", "all"));

        await kubectl.RunAsync("scale", "deployment", "web", "--replicas=5");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s");
        await kubectl.RunAsync("set", "image", "deployment/web", "nginx=nginx:1.16");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s");
        Assert.Contains("nginx:1.16", await kubectl.RunAsync("get", "deploy", "web", "-o", "yaml"));
        Assert.Matches(@"2\s+<none>", await kubectl.RunAsync("rollout", "history", "deployment/web"));
        await kubectl.RunAsync("rollout", "undo", "deployment/web");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s");
        Assert.Contains("nginx:1.15.12", await kubectl.RunAsync("get", "deploy", "web", "-o", "jsonpath={..image}"));
        await kubectl.RunAsync("rollout", "restart", "deployment/web");
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s");

        var about = await kubectl.RunAsync("describe", "deployment", "web");
        Assert.Contains("5 desired | 5 updated | 5 total | 5 available | 0 unavailable", about);
        Assert.Contains("ScalingReplicaSet", about);
        Assert.Contains("Controlled By:", await kubectl.RunAsync("describe", "rs"));

        await kubectl.RunAsync("delete", "deployment", "web");

        // The pods may be gone before wait has looked, which it calls an error.
        await kubectl.TryAsync("wait", "--for=delete", "pods", "--all", "--timeout=30s");
        Assert.Empty(await kubectl.RunAsync("get", "pods", "-o", "name"));
        Assert.Empty(await kubectl.RunAsync("get", "rs", "-o", "name"));
    }

    [Fact]
    public async Task Deleting_in_the_foreground_waits_for_the_pods()
    {
        await ApplyAsync(Web);
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s");

        // kubectl 1.20 is the first to know the word; both delete in the foreground by it.
        await kubectl.RunAsync("delete", "deployment", "web", "--cascade=foreground", "--timeout=30s");
        Assert.Empty(await kubectl.RunAsync("get", "rs,pods", "-o", "name"));
    }

    [Fact]
    public async Task A_pod_with_runtime_class_and_node_selector()
    {
        await ApplyAsync(Kata);
        await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/nginx-kata", "--timeout=30s");
        Assert.Matches(
            @"NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\r?\nnginx-kata\s+1/1\s+Running\s+0",
            await kubectl.RunAsync("get", "pod")
        );
        Assert.Matches(
            @"nginx-kata\s+1/1\s+Running\s+0\s+\S+\s+10\.88\.\S+\s+edge1\s+<none>\s+<none>",
            await kubectl.RunAsync("get", "pod", "-o", "wide")
        );
        Assert.Matches(@"kata\s+kata", await kubectl.RunAsync("get", "runtimeclass"));
        var about = await kubectl.RunAsync("describe", "pod", "nginx-kata");
        Assert.Contains("Successfully assigned default/nginx-kata to edge1", about);
        Assert.Contains("disktype=ssd", about);
        Assert.Equal("hello from nginx\nfirst second\nthird line\n", await kubectl.RunAsync("logs", "nginx-kata"));
        Assert.Equal("third line\n", await kubectl.RunAsync("logs", "nginx-kata", "--tail=1"));
        Assert.Contains("unchanged", await ApplyAsync(Kata));
        await kubectl.RunAsync("delete", "pod", "nginx-kata", "--timeout=30s");
        await kubectl.RunAsync("delete", "runtimeclass", "kata");
    }

    [Fact]
    public async Task An_unknown_runtime_class_is_rejected_as_kubernetes_does()
    {
        var result = await CreateAsync(Kata[(Kata.IndexOf("---", StringComparison.Ordinal) + 4)..]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(
            "pods \"nginx-kata\" is forbidden: pod rejected: RuntimeClass \"kata\" not found",
            result.StandardError
        );
    }

    [Fact]
    public async Task Labels_annotations_and_every_kind_of_patch()
    {
        await kubectl.RunAsync("run", "p", "--image=busybox");
        await kubectl.RunAsync("label", "pod", "p", "a=b");
        await kubectl.RunAsync("annotate", "pod", "p", "note=x");
        await kubectl.RunAsync("patch", "pod", "p", "-p", """{"metadata":{"labels":{"how":"strategic"}}}""");
        await kubectl.RunAsync(
            "patch",
            "pod",
            "p",
            "--type=merge",
            "-p",
            """{"metadata":{"labels":{"two":"merge"}}}"""
        );
        await kubectl.RunAsync(
            "patch",
            "pod",
            "p",
            "--type=json",
            "-p",
            """[{"op":"add","path":"/metadata/labels/three","value":"json"}]"""
        );
        var labels = JsonNode.Parse(await kubectl.RunAsync("get", "pod", "p", "-o", "json"))!["metadata"]!["labels"]!;
        Assert.Equal(
            ["b", "p", "strategic", "merge", "json"],
            new[] { "a", "run", "how", "two", "three" }.Select(l => (string?)labels[l])
        );
        Assert.Equal("pod/p\n", await kubectl.RunAsync("get", "pods", "-l", "how=strategic,a in (b,c)", "-o", "name"));
        Assert.Contains("how=strategic", await kubectl.RunAsync("get", "pods", "--show-labels"));
        Assert.Equal(
            "p",
            await kubectl.RunAsync(
                "get",
                "pods",
                "--field-selector=status.phase=Running",
                "-o",
                "jsonpath={.items[*].metadata.name}"
            )
        );
        await kubectl.RunAsync("label", "pod", "p", "a-");
        Assert.Empty(await kubectl.RunAsync("get", "pods", "-l", "a", "-o", "name"));
    }

    [Fact]
    public async Task Config_maps_secrets_and_namespaces()
    {
        await kubectl.RunAsync("create", "configmap", "settings", "--from-literal=a=b", "--from-literal=c=d");
        await kubectl.RunAsync("create", "secret", "generic", "keys", "--from-literal=k=v");
        Assert.Matches(@"settings\s+2", await kubectl.RunAsync("get", "cm"));
        Assert.Matches(@"keys\s+Opaque\s+1", await kubectl.RunAsync("get", "secret"));
        Assert.Equal("dg==", await kubectl.RunAsync("get", "secret", "keys", "-o", "jsonpath={.data.k}"));
        Assert.Contains("k:  1 bytes", await kubectl.RunAsync("describe", "secret", "keys"));
        Assert.Contains("a:\n----\nb", await kubectl.RunAsync("describe", "cm", "settings"));
        await kubectl.RunAsync("create", "namespace", "other");
        await kubectl.RunAsync("run", "p", "--image=busybox", "-n", "other");
        Assert.Matches(@"other\s+p\s", await kubectl.RunAsync("get", "pods", "-A"));
        Assert.Contains("Status:", await kubectl.RunAsync("describe", "ns", "other"));
        await kubectl.RunAsync("delete", "ns", "other", "--timeout=30s");
        Assert.DoesNotContain("other", await kubectl.RunAsync("get", "ns"));
        await kubectl.RunAsync("delete", "cm,secret", "--all");
        Assert.Empty(await kubectl.RunAsync("get", "cm,secret", "-o", "name"));
    }

    [Fact]
    public async Task Objects_made_by_kubectl_create()
    {
        await kubectl.RunAsync("create", "deployment", "made", "--image=nginx:1");
        await kubectl.RunAsync("rollout", "status", "deployment/made", "--timeout=30s");
        Assert.Contains("Scheduled", await kubectl.RunAsync("get", "events"));
        Assert.Contains("REASON", await kubectl.RunAsync("get", "events", "-o", "wide"));
        Assert.Contains("hello from nginx", await kubectl.RunAsync("logs", "deployment/made"));
        var cordoned = await kubectl.RunAsync("cordon", Node);
        Assert.Contains("cordoned", cordoned);
        Assert.Matches($@"{Node}\s+Ready,SchedulingDisabled", await kubectl.RunAsync("get", "nodes"));
        await kubectl.RunAsync("uncordon", Node);
        await kubectl.RunAsync("taint", "nodes", Node, "only=this:NoSchedule");
        await kubectl.RunAsync("taint", "nodes", Node, "only-");
        Assert.Contains("made-", await kubectl.RunAsync("describe", "node", Node));
        Assert.Matches(
            $@"{Node}\s+Ready\s+<none>\s+\S+\s+v1.32.0\s+10.0.0.1",
            await kubectl.RunAsync("get", "nodes", "-o", "wide")
        );
    }

    [Fact]
    public async Task Watching_shows_every_step_of_a_pod()
    {
        var watch = kubectl.TryAsync(TimeSpan.FromSeconds(20), "get", "pods", "-w", "--request-timeout=5s");
        await Task.Delay(1000);
        await kubectl.RunAsync("run", "p", "--image=busybox");
        await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/p", "--timeout=30s");
        await kubectl.RunAsync("delete", "pod", "p", "--timeout=30s");
        var seen = (await watch).StandardOutput;

        Assert.Matches(@"p\s+0/1\s+Pending", seen);
        Assert.Matches(@"p\s+1/1\s+Running", seen);
        Assert.Matches(@"p\s+1/1\s+Terminating", seen);
        Assert.Single(seen.Split('\n'), l => l.StartsWith("NAME", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Following_a_log_ends_with_the_pod()
    {
        await kubectl.RunAsync("run", "p", "--image=busybox");
        await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/p", "--timeout=30s");
        var follow = kubectl.TryAsync("logs", "-f", "p");
        await Task.Delay(1000);
        var directory = Directory.GetDirectories(new NodePaths(root.FullName).PodLogsDirectory, "default_p_*").Single();
        await File.AppendAllTextAsync(Path.Join(directory, "p", "0.log"), "2026-01-01T00:00:09Z stdout F late line\n");
        await kubectl.RunAsync("delete", "pod", "p", "--timeout=30s");

        Assert.EndsWith("third line\nlate line\n", (await follow).StandardOutput);
    }

    [Fact]
    public async Task Dry_run_and_diff_of_the_server()
    {
        Assert.Contains("(server dry run)", await ApplyAsync(Web, "--dry-run=server"));
        Assert.Empty(await kubectl.RunAsync("get", "deploy", "-o", "name"));
        await ApplyAsync(Web);
        var file = await WriteAsync(Web.Replace("replicas: 3", "replicas: 4"));
        var diff = await kubectl.TryAsync("diff", "-f", file);
        Assert.Equal(1, diff.ExitCode);
        Assert.Contains("+  replicas: 4", diff.StandardOutput);
    }

    [Fact]
    public async Task Every_error_of_a_manifest_is_shown()
    {
        var result = await CreateAsync(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: [{name: a}, {name: a, image: x}]}\n"
        );

        Assert.Contains("a lowercase RFC 1123 subdomain", result.StandardError);
        Assert.Contains("spec.containers[0].image: Required value", result.StandardError);
        Assert.Contains("spec.containers[1].name: Duplicate value: \"a\"", result.StandardError);
    }

    [Fact]
    public async Task What_is_not_there_yet_is_said_clearly()
    {
        var file = await WriteAsync(Web);
        Assert.Contains(
            "server-side apply",
            (await kubectl.TryAsync("apply", "--server-side", "-f", file)).StandardError,
            StringComparison.OrdinalIgnoreCase
        );
    }

    private async Task<string> ApplyAsync(string manifest, params string[] more) =>
        await kubectl.RunAsync(["apply", "-f", await WriteAsync(manifest), .. more]);

    private async Task<ChildResult> CreateAsync(string manifest) =>
        await kubectl.TryAsync("create", "-f", await WriteAsync(manifest));

    private async Task<string> WriteAsync(string manifest)
    {
        var file = Path.Join(root.FullName, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, manifest);
        return file;
    }
}
