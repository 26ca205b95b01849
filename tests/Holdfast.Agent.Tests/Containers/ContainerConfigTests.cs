using Holdfast.Agent.Containers;
using Holdfast.Agent.Images;
using Holdfast.Agent.Volumes;
using Holdfast.Cri.V1;
using Holdfast.Kube;
using Container = Holdfast.Kube.Container;

namespace Holdfast.Agent.Tests.Containers;

public sealed class ContainerConfigTests
{
    [Fact]
    public void Command_arguments_and_directory_are_passed_with_variables_expanded()
    {
        var config = Build(
            TestPods.Container() with
            {
                Command = ["run", "$(A)"],
                Args = ["$(B)", "$(A)"],
                WorkingDir = "/srv",
                Tty = true,
                Env = [new EnvVar { Name = "A", Value = "1" }],
            }
        );

        Assert.Equal(["run", "1"], config.Command);
        Assert.Equal(["$(B)", "1"], config.Args);
        Assert.Equal("/srv", config.WorkingDir);
        Assert.True(config.Tty);
    }

    [Fact]
    public void A_variable_that_is_set_twice_is_expanded_with_its_last_value()
    {
        var config = Build(
            TestPods.Container() with
            {
                Args = ["$(A)"],
                Env = [new EnvVar { Name = "A", Value = "1" }, new EnvVar { Name = "A", Value = "2" }],
            }
        );

        Assert.Equal(["2"], config.Args);
        Assert.Equal("2", Assert.Single(config.Envs, e => e.Key == "A").Value.ToStringUtf8());
    }

    [Fact]
    public void The_runtime_is_told_whose_container_it_is()
    {
        var config = Build(TestPods.Container("app"), attempt: 3);

        Assert.Equal(("app", 3u), (config.Metadata.Name, config.Metadata.Attempt));
        Assert.Equal("docker.io/library/busybox:1", config.Image.Image);
        Assert.Equal("app/3.log", config.LogPath);
        Assert.Equal("app", config.Labels["io.kubernetes.container.name"]);
        Assert.Equal("web", config.Labels["io.kubernetes.pod.name"]);
        Assert.Equal("shop", config.Labels["io.kubernetes.pod.namespace"]);
        Assert.Equal("0f-1", config.Labels["io.kubernetes.pod.uid"]);
        Assert.Equal("edge-1", config.Labels["holdfast.dev/node"]);
        Assert.Equal("3", config.Annotations["io.kubernetes.container.restartCount"]);
    }

    [Fact]
    public void Hosts_and_last_words_are_mounted_unless_the_container_brings_its_own_hosts()
    {
        var mounts = Build(TestPods.Container("app")).Mounts;
        Assert.Contains(
            mounts,
            m => m is { ContainerPath: "/etc/hosts", HostPath: "/node/var/lib/holdfast/pods/0f-1/etc-hosts" }
        );
        Assert.Contains(mounts, m => m.ContainerPath == "/dev/termination-log");

        var own = TestPods.Container() with { VolumeMounts = [new() { Name = "v", MountPath = "/etc/hosts" }] };
        Assert.Single(Build(own).Mounts, m => m.ContainerPath == "/etc/hosts");
    }

    [Fact]
    public void Volumes_are_mounted_where_and_how_the_container_wants_them()
    {
        using var directory = new TestDirectory();
        var container = TestPods.Container() with
        {
            VolumeMounts =
            [
                new()
                {
                    Name = "v",
                    MountPath = "data",
                    SubPathExpr = "$(WHO)/x",
                    MountPropagation = "HostToContainer",
                },
                new() { Name = "c", MountPath = "/etc/app" },
            ],
            Env = [new EnvVar { Name = "WHO", Value = "me" }],
        };

        var mounts = Build(container, volumes: Volumes(directory.Path)).Mounts;

        Assert.Equal(("/data", directory["me/x"]), (mounts[0].ContainerPath, mounts[0].HostPath));
        Assert.Equal(MountPropagation.PropagationHostToContainer, mounts[0].Propagation);
        Assert.False(mounts[0].Readonly);
        Assert.True(mounts[1].Readonly);
        Assert.True(Directory.Exists(directory["me/x"]));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/x")]
    [InlineData("out/x")]
    [InlineData("away/x")]
    public void A_sub_path_cannot_leave_its_volume(string subPath)
    {
        using var directory = new TestDirectory();
        File.CreateSymbolicLink(directory["out"], "../..");
        File.CreateSymbolicLink(directory["away"], "/etc");
        var container = TestPods.Container() with
        {
            VolumeMounts =
            [
                new()
                {
                    Name = "v",
                    MountPath = "/data",
                    SubPath = subPath,
                },
            ],
        };

        var e = Assert.Throws<AgentException>(() => Build(container, volumes: Volumes(directory.Path)));
        Assert.Equal(AgentReason.CreateContainerConfigError, e.Reason);
    }

    [Fact]
    public void A_container_s_security_settings_win_over_those_of_its_pod()
    {
        var container = TestPods.Container() with
        {
            SecurityContext = new()
            {
                RunAsUser = 5,
                ReadOnlyRootFilesystem = true,
                AllowPrivilegeEscalation = false,
                Capabilities = new() { Add = ["NET_ADMIN"], Drop = ["ALL"] },
                SeccompProfile = new() { Type = "RuntimeDefault" },
            },
        };
        var pod = TestPods.Pod(
            new PodSpec
            {
                Containers = [container],
                HostPID = true,
                SecurityContext = new()
                {
                    RunAsUser = 1,
                    RunAsGroup = 2,
                    FsGroup = 9,
                    SupplementalGroups = [7],
                },
            }
        );

        var context = SecurityContextBuilder.Build(pod, container, TestPods.Image);

        Assert.Equal((5, 2), (context.RunAsUser.Value, context.RunAsGroup.Value));
        Assert.Equal([7, 9], context.SupplementalGroups);
        Assert.True(context.ReadonlyRootfs);
        Assert.True(context.NoNewPrivs);
        Assert.Equal(["NET_ADMIN"], context.Capabilities.AddCapabilities);
        Assert.Equal(["ALL"], context.Capabilities.DropCapabilities);
        Assert.Equal(SecurityProfile.Types.ProfileType.RuntimeDefault, context.Seccomp.ProfileType);
        Assert.Equal(NamespaceMode.Node, context.NamespaceOptions.Pid);
        Assert.Contains("/proc/kcore", context.MaskedPaths);
    }

    [Fact]
    public void Root_is_refused_to_a_container_that_must_not_be_root()
    {
        var container = TestPods.Container() with { SecurityContext = new() { RunAsNonRoot = true } };
        var pod = TestPods.Pod(container);
        void Build(ImageInfo image) => SecurityContextBuilder.Build(pod, container, image);

        Build(TestPods.Image with { Uid = 1000 });
        Assert.Throws<AgentException>(() => Build(TestPods.Image with { Uid = 0 }));
        Assert.Throws<AgentException>(() => Build(TestPods.Image with { UserName = "nginx" }));
        Assert.Throws<AgentException>(() => Build(TestPods.Image));
    }

    private static MountedVolumes Volumes(string path) =>
        new(
            new Dictionary<string, MountedVolume>
            {
                ["v"] = new(path, IsReadOnly: false),
                ["c"] = new("/config", IsReadOnly: true),
            }
        );

    private static ContainerConfig Build(Container container, uint attempt = 0, MountedVolumes? volumes = null) =>
        new ContainerConfigBuilder(TestPods.Options, new TestObjects(), TestPods.Node).Build(
            TestPods.Pod(container),
            container,
            attempt,
            TestPods.Image,
            ["10.1.2.3"],
            volumes ?? Volumes("/v")
        );
}
