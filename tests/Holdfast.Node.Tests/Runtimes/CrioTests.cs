using System.Text;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Crio;
using Holdfast.Node.Software;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class CrioTests : IDisposable
{
    private readonly TemporaryMachine temporary = new();

    public void Dispose() => temporary.Dispose();

    private static EdgeNodeSpec Spec(string runtime, string more = "untrusted: {}")
    {
        var text =
            $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec: {{ runtimes: [{{ name: crio, kind: crio {runtime} }}], {more} }}\n";
        var result = NodeDocument.Parse(text, "node.yaml", "host1");
        Assert.Empty(result.Errors);
        return result.Spec!;
    }

    /// <summary>Writes the files that the component wants.</summary>
    private async Task<IReadOnlyList<IStep>> BuildAsync(EdgeNodeSpec spec, MachineFacts facts)
    {
        IStep[] steps = [.. new CrioComponent().Build(spec, facts)];
        await temporary.ApplyAsync([.. steps.OfType<FileChange>()]);
        return steps;
    }

    [Fact]
    public async Task A_plain_crio_gets_one_file()
    {
        await BuildAsync(Spec(""), TestFacts.Usual);

        Assert.Equal(
            """
            # Written by Holdfast from the node document; write your own keys into another file.

            [crio]
            root = "/var/lib/containers/storage"
            runroot = "/run/containers/storage"

            [crio.api]
            listen = "/var/run/crio/crio.sock"

            [crio.runtime]
            cgroup_manager = "systemd"
            conmon_cgroup = "system.slice"
            default_runtime = "runc"

            [crio.runtime.runtimes.runc]
            runtime_path = ""
            runtime_type = "oci"
            runtime_root = "/run/runc"

            [crio.image]
            pause_image = "holdfast.local/pause:1"
            pause_command = ""

            [crio.network]
            network_dir = "/etc/cni/net.d"
            plugin_dirs = ["/usr/lib/cni"]

            """,
            temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf")
        );
        Assert.Contains(
            "insecureAcceptAnything",
            temporary.Read("/etc/containers/policy.json"),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "# Written by Holdfast from the node document; write your own registries into another file.\nunqualified-search-registries = [\"docker.io\"]\n",
            temporary.Read(CrioRegistries.File)
        );
    }

    [Fact]
    public async Task With_cgroupfs_the_monitor_lives_in_the_pods_group()
    {
        await BuildAsync(Spec(""), TestFacts.Usual with { Cgroups = CgroupMode.Hybrid });
        var text = temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf");
        Assert.Contains("cgroup_manager = \"cgroupfs\"\nconmon_cgroup = \"pod\"\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kata_is_a_runtime_of_type_vm()
    {
        temporary.Write("/opt/kata/bin/containerd-shim-kata-v2", "");
        temporary.Write("/opt/kata/share/defaults/kata-containers/configuration-qemu.toml", "");
        await BuildAsync(Spec(", handlers: [{ name: runc }, { name: kata, kind: kata }]"), TestFacts.Usual);
        Assert.Contains(
            """
            [crio.runtime.runtimes.kata]
            runtime_path = "/opt/kata/bin/containerd-shim-kata-v2"
            runtime_type = "vm"
            runtime_root = "/run/vc"
            runtime_config_path = "/opt/kata/share/defaults/kata-containers/configuration-qemu.toml"
            privileged_without_host_devices = true

            """,
            temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public async Task An_image_that_exists_once_per_architecture_is_that_of_this_machine(string architecture)
    {
        await BuildAsync(
            Spec(", sandboxImage: \"k8s.gcr.io/pause-{arch}:3.1\""),
            TestFacts.Usual with
            {
                Architecture = architecture,
            }
        );
        var text = temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf");
        Assert.Contains($"pause_image = \"k8s.gcr.io/pause-{architecture}:3.1\"\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("pause_command", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_way_into_its_storage_the_sandbox_image_is_pulled()
    {
        var steps = await BuildAsync(Spec(", install: { present: {} }"), TestFacts.Usual with { HasApt = false });
        var text = temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf");
        Assert.Contains("pause_image = \"registry.k8s.io/pause:3.10\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            steps,
            step => step.Title.Contains("image", StringComparison.Ordinal) && step is not FileChange
        );
    }

    [Fact]
    public async Task Programs_that_the_package_keeps_elsewhere_are_named()
    {
        // As the packages of pkgs.k8s.io have them; a table that names no place would hide theirs, which does.
        temporary.Write("/usr/libexec/crio/runc", "");
        temporary.Write("/usr/libexec/crio/conmon", "");
        await BuildAsync(Spec(", handlers: [{ name: runc }, { name: second }]"), TestFacts.Usual);
        var text = temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf");
        Assert.Equal(2, text.Split("runtime_path = \"/usr/libexec/crio/runc\"\n").Length - 1);
        Assert.Equal(2, text.Split("monitor_path = \"/usr/libexec/crio/conmon\"\n").Length - 1);
    }

    [Theory]
    [InlineData("/usr/bin/crio-crun", "runtime_path = \"/usr/bin/crio-crun\"\n")]
    [InlineData("/usr/libexec/crio/crun", "runtime_path = \"/usr/libexec/crio/crun\"\n")]
    [InlineData("/usr/bin/crun", "runtime_path = \"\"\n")]
    [InlineData("/somewhere/crun", "runtime_path = \"\"\n")]
    public async Task A_program_that_CRI_O_finds_by_itself_is_left_to_it(string program, string expected)
    {
        temporary.Write(program, "");
        await BuildAsync(Spec(", handlers: [{ name: crun }]"), TestFacts.Usual);
        var text = temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf");
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("monitor_path", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/etc/containers/registries.conf.d/crio.conf", "\"docker.io\", \"quay.io\"", true)]
    [InlineData("/etc/containers/registries.conf.d/crio.conf", "\"r.example\"", false)]
    [InlineData("/etc/containers/registries.conf.d/50-mine.conf", "\"docker.io\", \"quay.io\"", false)]
    [InlineData("/etc/containers/registries.conf.d/50-mine.toml", "\"r.example\"", true)]
    [InlineData("/etc/containers/registries.conf", "", true)]
    public async Task Short_names_are_docker_ios_unless_a_person_has_decided(string file, string names, bool isOurs)
    {
        temporary.Write(file, $"unqualified-search-registries = [{names}]\n");
        await BuildAsync(Spec(""), TestFacts.Usual);
        Assert.Equal(isOurs, temporary.Read(CrioRegistries.File).Contains("[\"docker.io\"]", StringComparison.Ordinal));
        // Files are read in the order of their names, and the last one counts.
        Assert.True(string.CompareOrdinal(CrioRegistries.File, "/etc/containers/registries.conf.d/crio.conf") > 0);
    }

    [Fact]
    public async Task Mirrors_and_logins_are_written_where_its_image_library_reads_them()
    {
        temporary.Write("/root/p", "s3cret\n");
        temporary.Write(CrioRegistries.MainFile, "unqualified-search-registries = ['quay.io']\n");
        var spec = Spec(
            ", registries: [{ host: docker.io, mirrors: [\"http://127.0.0.1:5000\", \"https://m.example/v2/hub\"], credentials: { username: me, passwordFile: /root/p } }]"
        );
        var steps = await BuildAsync(spec, TestFacts.Usual);

        Assert.Equal(
            """
            # Written by Holdfast from the node document; write your own registries into another file.

            [[registry]]
            prefix = "docker.io"
            location = "docker.io"

            [[registry.mirror]]
            location = "127.0.0.1:5000"
            insecure = true

            [[registry.mirror]]
            location = "m.example/hub"

            """,
            temporary.Read(CrioRegistries.File)
        );
        Assert.Contains(
            Convert.ToBase64String(Encoding.UTF8.GetBytes("me:s3cret")),
            temporary.Read("/etc/crio/holdfast-auth.json"),
            StringComparison.Ordinal
        );
        Assert.Equal(AtomicFile.SecretMode, temporary.Machine.Status("/etc/crio/holdfast-auth.json")!.Mode);
        Assert.Contains(
            "global_auth_file = \"/etc/crio/holdfast-auth.json\"",
            temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf"),
            StringComparison.Ordinal
        );
        File.Delete(temporary.Machine.At("/etc/crio/holdfast-auth.json"));
        var found = await steps
            .OfType<FileChange>()
            .Single(file => file.Subject == "/etc/crio/holdfast-auth.json")
            .InspectAsync(temporary.Machine, TemporaryMachine.Never);
        Assert.Equal("(secret: the content is not shown)", found.Diff);
    }

    [Fact]
    public async Task An_archive_brings_its_helpers_along_and_needs_a_unit()
    {
        var spec = Spec(
            $", install: {{ archive: {{ url: \"http://h/cri-o.amd64.v1.31.0.tar.gz\", sha256: \"{new string('a', 64)}\" }} }}, handlers: [{{ name: crun }}, {{ name: other }}]"
        );
        var steps = await BuildAsync(spec, TestFacts.Usual);

        var text = temporary.Read("/etc/crio/crio.conf.d/20-holdfast.conf");
        Assert.Contains("pinns_path = \"/opt/cri-o/bin/pinns\"", text, StringComparison.Ordinal);
        Assert.Contains("runtime_path = \"/opt/cri-o/bin/crun\"", text, StringComparison.Ordinal);
        Assert.Contains("runtime_path = \"/opt/cri-o/bin/runc\"", text, StringComparison.Ordinal);
        Assert.Contains("monitor_path = \"/opt/cri-o/bin/conmon\"", text, StringComparison.Ordinal);
        var unit = temporary.Read("/etc/systemd/system/crio.service");
        Assert.Contains("ExecStart=/opt/cri-o/bin/crio\n", unit, StringComparison.Ordinal);
        Assert.Contains("PATH=/opt/cri-o/bin:", unit, StringComparison.Ordinal);
    }

    /// <summary>systemd would end conmon with the service, and with it logs and exit codes of containers that run.</summary>
    [Fact]
    public async Task Monitors_of_containers_live_on_when_its_service_restarts()
    {
        await BuildAsync(Spec(""), TestFacts.Usual);
        Assert.Equal(
            "# Written by Holdfast.\n[Service]\nKillMode=process\n",
            temporary.Read("/etc/systemd/system/crio.service.d/10-holdfast.conf")
        );
    }

    [Fact]
    public async Task It_is_started_before_an_agent_that_is_not_ours()
    {
        await BuildAsync(Spec("", "cluster: { kubeedge: {} }"), TestFacts.Usual);
        Assert.Contains(
            "[Service]\nKillMode=process\n\n[Unit]\nBefore=edgecore.service\n",
            temporary.Read("/etc/systemd/system/crio.service.d/10-holdfast.conf"),
            StringComparison.Ordinal
        );
        Assert.False(temporary.Machine.Exists("/etc/systemd/system/crio.service"));
    }
}
