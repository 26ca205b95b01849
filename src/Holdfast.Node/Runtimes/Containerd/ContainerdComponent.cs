using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Images;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// Every containerd of the node: software, configuration, registries, service, proof that it serves, and the images that
/// are made here.
/// </summary>
internal sealed class ContainerdComponent : IComponent
{
    public string Name => "containerd";

    /// <summary>Where the network's configuration lies; the same for all runtimes of the node.</summary>
    public string CniConfigDirectory { get; init; } = CniNetworkChange.Directory;

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        var runtimes = spec.Runtimes.Where(runtime => runtime.Kind == RuntimeKind.Containerd).ToArray();
        foreach (var runtime in runtimes.Where(runtime => runtime.Install is not InstallSpec.Present))
        {
            yield return new RuntimeDataChange(runtime.Name, DataOf(runtime));
        }
        foreach (var step in ContainerdSoftware.For(runtimes, facts))
        {
            yield return step;
        }
        foreach (var runtime in runtimes)
        {
            var instance = new ContainerdInstance(runtime, spec, facts, CniConfigDirectory);
            foreach (var step in BuildConfig(instance, facts).Concat(BuildService(instance, facts)))
            {
                yield return step;
            }
        }
    }

    private static IEnumerable<IStep> BuildConfig(ContainerdInstance instance, MachineFacts facts)
    {
        var runtime = instance.Runtime;
        // A password may come to stand in either.
        UnixFileMode? mode = runtime.Registries.Any(r => r.Credentials is not null) ? AtomicFile.SecretMode : null;
        foreach (var registry in runtime.Registries.Where(r => r.Mirrors.Count > 0))
        {
            var file = Path.Join(Path.GetDirectoryName(runtime.ConfigFile), "certs.d", registry.Host, "hosts.toml");
            yield return new FileChange(
                file,
                (machine, current, _) =>
                    Task.FromResult(
                        RegistryHosts.Edit(current, registry, file, machine.ListFiles(Path.GetDirectoryName(file)!))
                    )
            )
            {
                Title = $"{runtime.Name} pulls {registry.Host} from {string.Join(", ", registry.Mirrors)}",
                EditsOriginal = true,
            };
        }
        yield return new ContainerdFilesChange(instance, mode) { Why = Why(instance, facts) };
        if (runtime.Handlers.Any(h => h.Kind == HandlerKind.Kata && h.RuntimePath is null))
        {
            yield return ShimLink.For(instance);
        }
        yield return ContainerdConfigCheck.For(instance);
    }

    private static IEnumerable<IStep> BuildService(ContainerdInstance instance, MachineFacts facts)
    {
        var runtime = instance.Runtime;
        List<string> files = [runtime.ConfigFile, instance.DropIn];
        if (runtime.Install is InstallSpec.Archive or InstallSpec.Bundle)
        {
            // Another version of the program is a reason to start it again, too.
            files.Add(instance.Program.Path);
        }
        foreach (var step in ServiceChange.StepsFor(Service(instance), facts.IsSystemd, files))
        {
            yield return step;
        }
        yield return RuntimeAnswersCheck.For(runtime, instance.HandlerNames);
        foreach (var image in BuiltinImage.StepsFor(runtime, facts.Architecture, new ContainerdImporter()))
        {
            yield return image;
        }
    }

    /// <summary>containerd makes /opt/containerd at its start, whatever its configuration says.</summary>
    private static IReadOnlyList<string> DataOf(RuntimeSpec runtime) =>
        runtime.IsSystemInstance
            ? ["/var/lib/containerd", "/run/containerd", "/opt/containerd"]
            : [runtime.RootDirectory, runtime.StateDirectory];

    private static ServiceDefinition Service(ContainerdInstance instance)
    {
        var runtime = instance.Runtime;
        return new ServiceDefinition(
            runtime.Service,
            $"containerd, as {runtime.Name}, for Holdfast",
            [instance.Program.Path, "--config", runtime.ConfigFile]
        )
        {
            // The package's unit starts the package's program with the package's configuration; all else needs a unit of ours.
            HasUnitFromPackage =
                runtime.IsSystemInstance
                && runtime.Install is InstallSpec.Apt or InstallSpec.Present
                && runtime.ConfigFile == "/etc/containerd/config.toml",
        };
    }

    private static string Why(ContainerdInstance instance, MachineFacts facts)
    {
        var driver = instance.UsesSystemdCgroup ? "systemd" : "cgroupfs";
        var oom = facts.HasSysResource ? "" : "; this machine lacks CAP_SYS_RESOURCE, so oom_score_adj is not lowered";
        return $"control groups are {driver}'s{oom}";
    }
}
