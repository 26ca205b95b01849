using Holdfast.Node.Facts;
using Holdfast.Node.Images;
using Holdfast.Node.Resources;
using Holdfast.Node.Services;
using Holdfast.Node.Spec;

namespace Holdfast.Node.Components;

/// <summary>
/// Every containerd of the node: package, configuration, registries, service, proof that it serves, and the images that
/// are made here. Stateless.
/// </summary>
internal sealed class ContainerdComponent : IComponent
{
    private const string Program = "/usr/bin/containerd";

    public string Name => "containerd";

    /// <summary>Where the network's configuration lies; the same for all runtimes of the node.</summary>
    public string CniConfigDirectory { get; init; } = "/etc/cni/net.d";

    public IEnumerable<IResource> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        var runtimes = spec.Runtimes.Where(runtime => runtime.Kind == RuntimeKind.Containerd).ToArray();
        foreach (var runtime in runtimes.Where(runtime => runtime.Install is InstallSpec.Apt))
        {
            yield return new RuntimeDataResource(runtime.Name, DataOf(runtime));
        }
        if (runtimes.Any(r => r.Install is InstallSpec.Apt))
        {
            yield return new ContainerdPackageResource();
        }
        foreach (var resource in runtimes.SelectMany(runtime => BuildRuntime(runtime, spec, facts)))
        {
            yield return resource;
        }
    }

    private IEnumerable<IResource> BuildRuntime(RuntimeSpec runtime, EdgeNodeSpec spec, MachineFacts facts)
    {
        var config = new ContainerdConfig
        {
            Runtime = runtime,
            UseSystemdCgroup = NodeCgroupDriver.Resolve(spec, facts) == CgroupDriver.Systemd,
            RestrictOomScoreAdj = !facts.HasSysResource,
            CniPluginDirectory = CniComponent.DirectoryOf(spec.Network, facts),
            CniConfigDirectory = CniConfigDirectory,
            ContainerdVersion = facts.ContainerdVersion,
        };
        yield return new FileResource(runtime.ConfigFile, config.Edit)
        {
            Title = $"{runtime.Name} is configured",
            Why = Why(config),
        };
        foreach (var registry in runtime.Registries)
        {
            var file = Path.Join(config.RegistryDirectory, registry.Host, "hosts.toml");
            yield return new FileResource(file, current => RegistryHosts.Edit(current, registry, file))
            {
                Title = $"{runtime.Name} pulls {registry.Host} from {string.Join(", ", registry.Mirrors)}",
            };
        }
        foreach (var step in ServiceSteps.For(Service(runtime), facts, [runtime.ConfigFile], runtime.Socket))
        {
            yield return step;
        }
        yield return new ContainerdServesResource(runtime);
        if (runtime.SandboxImage == PauseImage.Reference)
        {
            yield return RuntimeImageResource.Pause(runtime.Name, runtime.Socket, facts.Architecture);
        }
        yield return RuntimeImageResource.Busybox(runtime.Name, runtime.Socket, facts.Architecture);
    }

    /// <summary>containerd makes /opt/containerd at its start, whatever its configuration says.</summary>
    private static IReadOnlyList<string> DataOf(RuntimeSpec runtime) =>
        runtime.IsSystemInstance
            ? ["/var/lib/containerd", "/run/containerd", "/opt/containerd"]
            : [runtime.RootDirectory, runtime.StateDirectory];

    private static ServiceDefinition Service(RuntimeSpec runtime) =>
        new(runtime.Service, $"containerd, as {runtime.Name}, for Holdfast", [Program, "--config", runtime.ConfigFile])
        {
            // The package's unit starts the package's configuration; whoever moved that away needs a unit of his own.
            HasUnitFromPackage = runtime.IsSystemInstance && runtime.ConfigFile == "/etc/containerd/config.toml",
        };

    private static string Why(ContainerdConfig config)
    {
        var driver = config.UseSystemdCgroup ? "systemd" : "cgroupfs";
        var oom = config.RestrictOomScoreAdj
            ? "; this machine lacks CAP_SYS_RESOURCE, so oom_score_adj is not lowered"
            : "";
        return $"control groups are {driver}'s{oom}";
    }
}
