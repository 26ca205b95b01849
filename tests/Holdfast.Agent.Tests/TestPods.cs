using System.Text;
using Holdfast.Agent.Containers;
using Holdfast.Agent.Images;
using Holdfast.Agent.Objects;
using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Agent.Tests;

/// <summary>Pods and what surrounds them, as small as tests need them.</summary>
internal static class TestPods
{
    public static readonly DateTimeOffset Now = new(2030, 5, 6, 7, 8, 9, TimeSpan.Zero);
    public static readonly NodeFacts Node = new("192.0.2.10", 4000, 8L << 30, 100L << 30);
    public static readonly ImageInfo Image = new("sha256:1", "docker.io/library/a@sha256:2", null, "");
    public static readonly AgentOptions Options = new() { NodeName = "edge-1", Paths = new NodePaths("/node") };

    public static Pod Pod(params Container[] containers) => Pod(new PodSpec { Containers = containers });

    public static Pod Pod(PodSpec spec) =>
        new()
        {
            Metadata = new ObjectMeta
            {
                Name = "web",
                Namespace = "shop",
                Uid = "0f-1",
                Labels = new Dictionary<string, string> { ["app"] = "web" },
                Annotations = new Dictionary<string, string> { ["note"] = "say \"hi\"\nthere" },
            },
            Spec = spec with { NodeName = "edge-1" },
        };

    public static Container Container(string name = "a") => new() { Name = name, Image = "busybox:1" };

    public static ResourceRequirements Resources(
        string? cpuRequest,
        string? memoryRequest,
        string? cpuLimit,
        string? memoryLimit
    ) => new() { Requests = Quantities(cpuRequest, memoryRequest), Limits = Quantities(cpuLimit, memoryLimit) };

    private static Dictionary<string, Quantity> Quantities(string? cpu, string? memory)
    {
        var result = new Dictionary<string, Quantity>();
        if (cpu is not null)
        {
            result["cpu"] = Quantity.Parse(cpu);
        }

        if (memory is not null)
        {
            result["memory"] = Quantity.Parse(memory);
        }

        return result;
    }
}

/// <summary>Objects that a test puts there.</summary>
internal sealed class TestObjects : IObjectSource
{
    public Dictionary<string, ConfigMap> ConfigMaps { get; } = [];

    public Dictionary<string, Secret> Secrets { get; } = [];

    public Dictionary<string, RuntimeClass> RuntimeClasses { get; } = [];

    public TestObjects WithConfigMap(string name, params (string Key, string Value)[] data)
    {
        ConfigMaps[name] = new ConfigMap { Data = data.ToDictionary(d => d.Key, d => d.Value) };
        return this;
    }

    public TestObjects WithSecret(string name, params (string Key, string Value)[] data)
    {
        Secrets[name] = new Secret { Data = data.ToDictionary(d => d.Key, d => Encoding.UTF8.GetBytes(d.Value)) };
        return this;
    }

    public ConfigMap? ConfigMap(string podNamespace, string name) => ConfigMaps.GetValueOrDefault(name);

    public Secret? Secret(string podNamespace, string name) => Secrets.GetValueOrDefault(name);

    public RuntimeClass? RuntimeClass(string name) => RuntimeClasses.GetValueOrDefault(name);
}

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("holdfast-agent-").FullName;

    public string this[string name] => System.IO.Path.Join(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
