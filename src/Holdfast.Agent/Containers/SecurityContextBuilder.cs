using Holdfast.Agent.Images;
using Holdfast.Kube;

namespace Holdfast.Agent.Containers;

/// <summary>The security settings of a container: its own, over those of its pod, over those of its image. Pure.</summary>
internal static class SecurityContextBuilder
{
    // securitycontext.defaultMaskedPaths and defaultReadonlyPaths of the kubelet.
    private static readonly string[] MaskedPaths =
    [
        "/proc/asound",
        "/proc/acpi",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/sys/firmware",
    ];
    private static readonly string[] ReadonlyPaths =
    [
        "/proc/bus",
        "/proc/fs",
        "/proc/irq",
        "/proc/sys",
        "/proc/sysrq-trigger",
    ];

    public static V1.LinuxContainerSecurityContext Build(Pod pod, Container container, ImageInfo image)
    {
        var own = container.SecurityContext;
        var shared = pod.Spec.SecurityContext;
        var user = own?.RunAsUser ?? shared?.RunAsUser;
        var group = own?.RunAsGroup ?? shared?.RunAsGroup;
        if (own?.RunAsNonRoot ?? shared?.RunAsNonRoot ?? false)
        {
            RequireNonRoot(container, user, image);
        }

        var result = new V1.LinuxContainerSecurityContext
        {
            Privileged = own?.Privileged ?? false,
            ReadonlyRootfs = own?.ReadOnlyRootFilesystem ?? false,
            NoNewPrivs = own?.AllowPrivilegeEscalation == false,
            NamespaceOptions = NamespaceOptions(pod.Spec),
            Seccomp = Profile(own?.SeccompProfile ?? shared?.SeccompProfile),
        };
        if (own?.Capabilities is { } capabilities)
        {
            result.Capabilities = new V1.Capability();
            result.Capabilities.AddCapabilities.Add(capabilities.Add);
            result.Capabilities.DropCapabilities.Add(capabilities.Drop);
        }

        // A group without a user is refused by the runtimes, so the image's own user is named where none is wanted.
        if ((user ?? image.Uid) is { } uid)
        {
            result.RunAsUser = new V1.Int64Value { Value = uid };
        }
        else
        {
            result.RunAsUsername = image.UserName;
        }

        if (group is { } gid)
        {
            result.RunAsGroup = new V1.Int64Value { Value = gid };
        }

        result.SupplementalGroups.Add(SupplementalGroups(shared));
        if (own?.ProcMount != "Unmasked")
        {
            result.MaskedPaths.Add(MaskedPaths);
            result.ReadonlyPaths.Add(ReadonlyPaths);
        }

        return result;
    }

    public static V1.NamespaceOption NamespaceOptions(PodSpec spec) =>
        new()
        {
            Network = spec.HostNetwork ? V1.NamespaceMode.Node : V1.NamespaceMode.Pod,
            Ipc = spec.HostIPC ? V1.NamespaceMode.Node : V1.NamespaceMode.Pod,
            Pid =
                spec.HostPID ? V1.NamespaceMode.Node
                : spec.ShareProcessNamespace == true ? V1.NamespaceMode.Pod
                : V1.NamespaceMode.Container,
        };

    public static IEnumerable<long> SupplementalGroups(PodSecurityContext? context)
    {
        if (context is null)
        {
            return [];
        }

        return context.FsGroup is { } fsGroup ? context.SupplementalGroups.Append(fsGroup) : context.SupplementalGroups;
    }

    /// <summary>Unconfined unless asked otherwise: Kubernetes' default for containers.</summary>
    private static V1.SecurityProfile Profile(SeccompProfile? profile) =>
        profile?.Type switch
        {
            "RuntimeDefault" => new() { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
            "Localhost" => new()
            {
                ProfileType = V1.SecurityProfile.Types.ProfileType.Localhost,
                LocalhostRef = Path.Join("/var/lib/kubelet/seccomp", profile.LocalhostProfile),
            },
            _ => new() { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined },
        };

    private static void RequireNonRoot(Container container, long? user, ImageInfo image)
    {
        if ((user ?? image.Uid) is { } uid)
        {
            if (uid != 0)
            {
                return;
            }

            throw new AgentException(
                AgentReason.CreateContainerConfigError,
                user is null
                    ? $"cannot create container {container.Name}: it has runAsNonRoot and its image runs as root; set runAsUser"
                    : $"cannot create container {container.Name}: it has runAsNonRoot and runAsUser 0 contradicts it"
            );
        }

        throw new AgentException(
            AgentReason.CreateContainerConfigError,
            $"cannot create container {container.Name}: it has runAsNonRoot and its image runs as "
                + (image.UserName.Length == 0 ? "root" : $"\"{image.UserName}\", which is not a number")
                + "; set runAsUser"
        );
    }
}
