using System.Text;
using Holdfast.Kube;
using Holdfast.Store;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Agent;

public sealed class PodContentsTests : IAsyncLifetime
{
    private AgentNode node = null!;

    public async Task InitializeAsync() => node = await AgentNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Environment_volumes_limits_and_names_are_seen_inside()
    {
        await node.AddConfigMapAsync("settings", ("color", "blue"));
        await node.CreateAsync(
            ResourceNames.Secrets,
            "default",
            "keys",
            new Secret { Data = new Dictionary<string, byte[]> { ["token"] = Encoding.UTF8.GetBytes("hush") } }
        );
        var script = """
            echo "env=$COLOR-$IP-$LIMIT"
            echo "host=$(hostname) $(grep -c "$IP" /etc/hosts)"
            echo "config=$(cat /config/color) $(readlink /config/color)"
            echo "secret=$(cat /secret/token) $(stat -c %a /secret/..data/token) $(grep ' /secret ' /proc/mounts | cut -d' ' -f3)"
            echo "labels=$(cat /info/labels)"
            echo "memory=$(grep ' /cache ' /proc/mounts | cut -d' ' -f3)"
            echo "id=$(id -u):$(id -g)"
            echo "seen=$(cat /host/seen)"
            touch /root-file 2>/dev/null || echo "root=readonly"
            echo "nnp=$(grep NoNewPrivs /proc/self/status | tr -d '\t')"
            echo x > /scratch/y && echo "scratch=writable"
            """;
        var shared = Directory.CreateDirectory(Path.Join(node.Runtime.Directory, "shared")).FullName;
        await File.WriteAllTextAsync(Path.Join(shared, "seen"), "yes");
        var pod = await node.RunAsync(
            "inside",
            new PodSpec
            {
                Hostname = "inner",
                RestartPolicy = "Never",
                SecurityContext = new()
                {
                    RunAsUser = 1000,
                    RunAsGroup = 2000,
                    FsGroup = 3000,
                },
                Containers =
                [
                    Busybox.Run("a", script) with
                    {
                        Env =
                        [
                            new()
                            {
                                Name = "COLOR",
                                ValueFrom = new()
                                {
                                    ConfigMapKeyRef = new() { Name = "settings", Key = "color" },
                                },
                            },
                            new()
                            {
                                Name = "IP",
                                ValueFrom = new() { FieldRef = new() { FieldPath = "status.podIP" } },
                            },
                            new()
                            {
                                Name = "LIMIT",
                                ValueFrom = new()
                                {
                                    ResourceFieldRef = new()
                                    {
                                        Resource = "limits.memory",
                                        Divisor = Quantity.Parse("1Mi"),
                                    },
                                },
                            },
                        ],
                        Resources = new()
                        {
                            Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("64Mi") },
                        },
                        SecurityContext = new() { ReadOnlyRootFilesystem = true, AllowPrivilegeEscalation = false },
                        VolumeMounts =
                        [
                            new() { Name = "config", MountPath = "/config" },
                            new() { Name = "secret", MountPath = "/secret" },
                            new() { Name = "info", MountPath = "/info" },
                            new() { Name = "cache", MountPath = "/cache" },
                            new()
                            {
                                Name = "host",
                                MountPath = "/host",
                                ReadOnly = true,
                            },
                            new()
                            {
                                Name = "scratch",
                                MountPath = "/scratch",
                                SubPath = "deep/er",
                            },
                        ],
                    },
                ],
                Volumes =
                [
                    new()
                    {
                        Name = "config",
                        ConfigMap = new() { Name = "settings" },
                    },
                    new()
                    {
                        Name = "secret",
                        Secret = new() { SecretName = "keys", DefaultMode = 256 },
                    },
                    new()
                    {
                        Name = "info",
                        DownwardAPI = new()
                        {
                            Items =
                            [
                                new()
                                {
                                    Path = "labels",
                                    FieldRef = new() { FieldPath = "metadata.labels" },
                                },
                            ],
                        },
                    },
                    new()
                    {
                        Name = "cache",
                        EmptyDir = new() { Medium = "Memory" },
                    },
                    new()
                    {
                        Name = "host",
                        HostPath = new() { Path = shared, Type = "Directory" },
                    },
                    new() { Name = "scratch", EmptyDir = new() },
                ],
            }
        );
        await pod.IsAsync("has ended", s => s.Phase is "Succeeded" or "Failed");

        var lines = pod.Log("a").Split('\n');
        Assert.Contains($"env=blue-{pod.Status.PodIP}-64", lines);
        Assert.Contains("host=inner 1", lines);
        Assert.Contains("config=blue ..data/color", lines);
        Assert.Contains("secret=hush 440 tmpfs", lines);
        Assert.Contains("labels=app=\"inside\"", lines);
        Assert.Contains("memory=tmpfs", lines);
        Assert.Contains("id=1000:2000", lines);
        Assert.Contains("seen=yes", lines);
        Assert.Contains("root=readonly", lines);
        Assert.Contains("nnp=NoNewPrivs:1", lines);
    }

    [Fact]
    public async Task A_pod_waits_for_a_missing_configmap_and_starts_as_soon_as_it_appears()
    {
        var pod = await node.RunAsync(
            "patient",
            new PodSpec
            {
                Containers =
                [
                    Busybox.Run("a", "echo $(cat /c/k); " + Busybox.Forever) with
                    {
                        VolumeMounts = [new() { Name = "c", MountPath = "/c" }],
                    },
                ],
                Volumes =
                [
                    new()
                    {
                        Name = "c",
                        ConfigMap = new() { Name = "late" },
                    },
                ],
            }
        );
        await Eventually.IsTrueAsync("it is told", () => node.Events("patient").Any(e => e.Reason == "FailedMount"));
        await pod.IsAsync("waits", s => s.ContainerStatuses is [{ State.Waiting.Reason: "ContainerCreating" }]);

        await node.AddConfigMapAsync("late", ("k", "first"));
        await pod.IsRunningAsync();
        await pod.LogsAsync("a", "first");

        // And what changes later is brought into the running pod.
        await node.Store.UpdateAsync(
            new ObjectKey(ResourceNames.ConfigMaps, "default", "late"),
            _ => KubeJson.Serialize(new ConfigMap { Data = new Dictionary<string, string> { ["k"] = "second" } }),
            CancellationToken.None
        );
        var file = Path.Join(pod.Directory, "volumes/kubernetes.io~configmap/c/k");
        await Eventually.IsTrueAsync("the file changes", () => File.ReadAllText(file) == "second");
    }

    [Fact]
    public async Task A_pod_on_the_host_s_network_has_its_name_and_address()
    {
        var pod = await node.RunAsync(
            "host",
            new PodSpec
            {
                HostNetwork = true,
                HostPID = true,
                Containers = [Busybox.Run("a", "readlink /proc/self/ns/net; " + Busybox.Forever)],
            }
        );
        await pod.IsRunningAsync();
        Assert.Equal("192.0.2.10", pod.Status.PodIP);
        await pod.LogsAsync("a", new FileInfo("/proc/self/ns/net").LinkTarget!);
    }
}
