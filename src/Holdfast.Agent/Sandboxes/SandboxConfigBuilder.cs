using Holdfast.Agent.Containers;
using Holdfast.Agent.Pods;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Sandboxes;

/// <summary>What a runtime is told about a pod as a whole. Pure.</summary>
internal sealed class SandboxConfigBuilder(AgentOptions options)
{
    private const int MaxHostName = 63; // HOST_NAME_MAX of Linux, less the terminating zero
    private const string UntrustedHandlerOfContainerd = "untrusted";

    public V1.PodSandboxConfig Build(Pod pod, uint attempt, string handler, ResolvConf nodeResolver)
    {
        var config = new V1.PodSandboxConfig
        {
            Metadata = new V1.PodSandboxMetadata
            {
                Name = pod.Metadata.Name,
                Namespace = pod.Metadata.Namespace,
                Uid = pod.Metadata.Uid,
                Attempt = attempt,
            },
            // On the host's network there is no UTS namespace of the pod's own whose name could be set.
            Hostname = pod.Spec.HostNetwork ? "" : HostName(pod.Spec, pod.Metadata.Name, options.NodeName),
            LogDirectory = PodPaths
                .For(options.Paths, pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid)
                .LogDirectory,
            DnsConfig = DnsConfigBuilder.Build(pod.Spec, nodeResolver),
            Linux = new V1.LinuxPodSandboxConfig
            {
                CgroupParent = PodCgroup.Parent(pod, options.CgroupDriver),
                SecurityContext = SecurityContext(pod.Spec),
            },
        };
        foreach (var (key, value) in pod.Metadata.Labels)
        {
            config.Labels[key] = value;
        }

        foreach (var (key, value) in PodLabels.Of(pod, options))
        {
            config.Labels[key] = value;
        }

        if (handler.Length > 0)
        {
            config.Labels[RuntimeLabels.Handler] = handler;
        }

        foreach (var (key, value) in pod.Metadata.Annotations)
        {
            // containerd refuses this annotation together with any handler but its own "untrusted" one: by then the
            // handler has been chosen, so the annotation has done its work.
            if (key != PodAnnotations.UntrustedWorkload || handler == UntrustedHandlerOfContainerd)
            {
                config.Annotations[key] = value;
            }
        }

        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? [])
        {
            config.Linux.Sysctls[sysctl.Name.Replace('/', '.')] = sysctl.Value;
        }

        config.PortMappings.Add(PortMappings(pod.Spec));
        return config;
    }

    public static string HostName(PodSpec spec, string podName, string nodeName)
    {
        if (spec.HostNetwork)
        {
            return nodeName;
        }

        var name = string.IsNullOrEmpty(spec.Hostname) ? podName : spec.Hostname;
        return name.Length <= MaxHostName ? name : name[..MaxHostName].TrimEnd('-', '.');
    }

    private static V1.LinuxSandboxSecurityContext SecurityContext(PodSpec spec)
    {
        var context = new V1.LinuxSandboxSecurityContext
        {
            Privileged = spec.InitContainers.Concat(spec.Containers).Any(c => c.SecurityContext?.Privileged == true),
            NamespaceOptions = SecurityContextBuilder.NamespaceOptions(spec),
            Seccomp = new V1.SecurityProfile { ProfileType = Seccomp(spec) },
        };
        if (spec.SecurityContext?.RunAsUser is { } user)
        {
            context.RunAsUser = new V1.Int64Value { Value = user };
            if (spec.SecurityContext.RunAsGroup is { } group)
            {
                context.RunAsGroup = new V1.Int64Value { Value = group };
            }
        }

        context.SupplementalGroups.Add(SecurityContextBuilder.SupplementalGroups(spec.SecurityContext));
        return context;
    }

    /// <summary>
    /// The sandbox's own process only sleeps, so a filter of its system calls protects nothing, and building one is a
    /// sixth of the time a sandbox takes. It is another matter where the containers see that process: one of them could
    /// make it do what its own filter forbids.
    /// </summary>
    private static V1.SecurityProfile.Types.ProfileType Seccomp(PodSpec spec) =>
        spec.ShareProcessNamespace == true || spec.HostPID || spec.SecurityContext?.SeccompProfile is not null
            ? V1.SecurityProfile.Types.ProfileType.RuntimeDefault
            : V1.SecurityProfile.Types.ProfileType.Unconfined;

    private static IEnumerable<V1.PortMapping> PortMappings(PodSpec spec)
    {
        if (spec.HostNetwork)
        {
            return [];
        }

        return spec
            .InitContainers.Where(c => c.RestartPolicy == "Always")
            .Concat(spec.Containers)
            .SelectMany(c => c.Ports)
            .Where(p => p.HostPort is > 0)
            .Select(p => new V1.PortMapping
            {
                Protocol = p.Protocol switch
                {
                    "UDP" => V1.Protocol.Udp,
                    "SCTP" => V1.Protocol.Sctp,
                    _ => V1.Protocol.Tcp,
                },
                ContainerPort = p.Number,
                HostPort = p.HostPort!.Value,
                HostIp = p.HostIP ?? "",
            });
    }
}
