using System.Globalization;
using System.Text;
using Google.Protobuf;
using Holdfast.Agent.Images;
using Holdfast.Agent.Objects;
using Holdfast.Agent.Pods;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Volumes;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Containers;

/// <summary>What a runtime is told about one container of a pod. Reads objects, writes nothing.</summary>
internal sealed class ContainerConfigBuilder(AgentOptions options, IObjectSource objects, NodeFacts node)
{
    public const string DefaultTerminationMessagePath = "/dev/termination-log";
    private const string EtcHosts = "/etc/hosts";

    private readonly EnvironmentBuilder environment = new(objects, node);

    /// <exception cref="AgentException">CreateContainerConfigError, InvalidImageName or FailedMount.</exception>
    public V1.ContainerConfig Build(
        Pod pod,
        Container container,
        uint attempt,
        ImageInfo image,
        IReadOnlyList<string> podIps,
        MountedVolumes volumes
    )
    {
        var variables = environment.Build(pod, container, podIps);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            values[name] = Encoding.UTF8.GetString(value);
        }

        string Expand(string text) => VariableExpansion.Expand(text, name => values.GetValueOrDefault(name));

        var paths = PodPaths.For(options.Paths, pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid);
        var config = new V1.ContainerConfig
        {
            Metadata = new V1.ContainerMetadata { Name = container.Name, Attempt = attempt },
            Image = new V1.ImageSpec { Image = ImageName.Parse(container.Image).ToString() },
            WorkingDir = container.WorkingDir ?? "",
            LogPath = Path.Join(container.Name, PodLogPath.File((int)attempt)),
            Stdin = container.Stdin,
            StdinOnce = container.StdinOnce,
            Tty = container.Tty,
            Linux = new V1.LinuxContainerConfig
            {
                Resources = LinuxResourcesBuilder.Build(pod, container, node.MemoryBytes),
                SecurityContext = SecurityContextBuilder.Build(pod, container, image),
            },
        };
        config.Command.Add(container.Command.Select(Expand));
        config.Args.Add(container.Args.Select(Expand));
        config.Envs.Add(variables.Select(e => new V1.KeyValue { Key = e.Key, Value = ByteString.CopyFrom(e.Value) }));
        config.Mounts.Add(container.VolumeMounts.Select(m => volumes.Mount(pod, container, m, Expand)));
        AddOwnMounts(config, pod, container, attempt, paths);
        AddLabels(config, pod, container, attempt);
        return config;
    }

    private static void AddOwnMounts(
        V1.ContainerConfig config,
        Pod pod,
        Container container,
        uint attempt,
        PodPaths paths
    )
    {
        if (container.VolumeMounts.All(m => m.MountPath.TrimEnd('/') != EtcHosts))
        {
            config.Mounts.Add(new V1.Mount { ContainerPath = EtcHosts, HostPath = paths.EtcHosts });
        }

        config.Mounts.Add(
            new V1.Mount
            {
                ContainerPath = container.TerminationMessagePath ?? DefaultTerminationMessagePath,
                HostPath = paths.TerminationLog(container.Name, attempt),
            }
        );
    }

    private void AddLabels(V1.ContainerConfig config, Pod pod, Container container, uint attempt)
    {
        foreach (var (key, value) in PodLabels.Of(pod, options))
        {
            config.Labels[key] = value;
        }

        config.Labels[RuntimeLabels.ContainerName] = container.Name;
        config.Annotations[RuntimeLabels.RestartCount] = attempt.ToString(CultureInfo.InvariantCulture);
        config.Annotations[RuntimeLabels.TerminationMessagePath] =
            container.TerminationMessagePath ?? DefaultTerminationMessagePath;
        config.Annotations[RuntimeLabels.TerminationMessagePolicy] = container.TerminationMessagePolicy ?? "File";
        if (pod.Spec.TerminationGracePeriodSeconds is { } grace)
        {
            config.Annotations[RuntimeLabels.GracePeriod] = grace.ToString(CultureInfo.InvariantCulture);
        }
    }
}
