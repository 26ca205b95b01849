using System.Text;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Runtimes;

/// <summary>Keys of handlers and registries in each schema, and whether containerd sees them.</summary>
public sealed class ContainerdKeysTests
{
    private const string Cri = "io.containerd.grpc.v1.cri";

    internal static RuntimeSpec Runtime(string yaml)
    {
        var text = $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec: {{ runtimes: [{yaml}] }}\n";
        var result = NodeDocument.Parse(text, "node.yaml", "host1");
        Assert.Empty(result.Errors);
        return result.Spec!.Runtimes[^1];
    }

    internal static ContainerdConfig Config(string runtime, string version = "1.6.20")
    {
        var spec = Runtime(runtime);
        return new ContainerdConfig
        {
            Runtime = spec,
            Handlers = spec.Handlers,
            UseSystemdCgroup = false,
            RestrictOomScoreAdj = true,
            CniPluginDirectory = "/usr/lib/cni",
            CniConfigDirectory = "/etc/cni/net.d",
            ContainerdVersion = Version.Parse(version),
        };
    }

    internal static TomlDocument Edited(ContainerdConfig config, string before)
    {
        var once = config.EditMain(Encoding.UTF8.GetBytes(before));
        Assert.Equal(once, config.EditMain(once));
        return TomlDocument.Parse(once, "edited");
    }

    private const string Shims = """
        { name: containerd, handlers: [{ name: runc }, { name: g, kind: shim, runtimeType: io.containerd.runsc.v1,
          runtimePath: /opt/g/containerd-shim-runsc-v1, podAnnotations: ["dev.gvisor.*"], containerAnnotations: ["c.*"],
          privilegedWithoutHostDevices: true, options: { TypeUrl: x } }] }
        """;

    [Theory]
    [InlineData("version = 1\n", "cri", "1.5.0", false)]
    [InlineData("version = 2\n", Cri, "1.5.9", false)]
    [InlineData("version = 2\n", Cri, "1.6.0", true)]
    [InlineData("version = 2\n", Cri, "1.7.27", true)]
    public void A_shim_has_all_its_keys_and_its_path_where_containerd_knows_it(
        string before,
        string plugin,
        string version,
        bool hasPath
    )
    {
        var edited = Edited(Config(Shims.ReplaceLineEndings(" "), version), before);

        TomlValue? At(params string[] key) => edited.Get(["plugins", plugin, "containerd", "runtimes", "g", .. key]);
        Assert.Equal("io.containerd.runsc.v1", At("runtime_type"));
        Assert.Equal(hasPath ? new TomlString("/opt/g/containerd-shim-runsc-v1") : null, At("runtime_path"));
        Assert.Equal(TomlArray.Of(["dev.gvisor.*"]), At("pod_annotations"));
        Assert.Equal(TomlArray.Of(["c.*"]), At("container_annotations"));
        Assert.Equal(true, At("privileged_without_host_devices"));
        Assert.Equal("x", At("options", "TypeUrl"));
        Assert.Null(At("options", "SystemdCgroup"));
    }

    [Theory]
    [InlineData("version = 1\n", "cri")]
    [InlineData("version = 2\n", Cri)]
    public void The_snapshotter_is_containerds(string before, string plugin) =>
        Assert.Equal(
            "native",
            Edited(Config("{ name: c, snapshotter: native }"), before)
                .Get("plugins", plugin, "containerd", "snapshotter")
        );

    [Fact]
    public void A_login_stands_beside_the_directory_of_mirrors_and_is_never_shown()
    {
        var config = Config(
            "{ name: containerd, registries: [{ host: docker.io, mirrors: [\"http://m\"], credentials: { username: me, passwordFile: /p } }] }"
        ) with
        {
            Passwords = new Dictionary<string, string> { ["docker.io"] = "s3cret" },
        };
        var edited = Edited(config, "version = 2\n");

        var auth = edited.Get("plugins", Cri, "registry", "configs", "registry-1.docker.io", "auth");
        Assert.Equal(TomlDocument.Parse("username = 'me'\npassword = 's3cret'", "x").ToTable(), auth);
        Assert.Equal("/etc/containerd/certs.d", edited.Get("plugins", Cri, "registry", "config_path"));
        var diff = Holdfast.Changes.Files.UnifiedDiff.Create("", edited.Text)!;
        Assert.DoesNotContain("s3cret", diff, StringComparison.Ordinal);
        Assert.Contains("password = ***", diff, StringComparison.Ordinal);
        var faults = config.FindFaults(null, TomlDocument.Parse("version = 2", "seen"));
        Assert.DoesNotContain(faults, fault => fault.Contains("s3cret", StringComparison.Ordinal));
        Assert.Contains(
            faults,
            fault => fault.EndsWith("auth.password is not what was meant", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("1.6.20", "version = 1\n[plugins.cri]\n", 2, Cri)]
    [InlineData("1.7.0", "version = 2\n", 2, Cri)]
    [InlineData("2.0.0", "version = 2\n", 3, "io.containerd.cri.v1.runtime")]
    [InlineData("2.1.0", "version = 3\n", 3, "io.containerd.cri.v1.runtime")]
    [InlineData("2.3.0", "version = 3\n", 4, "io.containerd.cri.v1.runtime")]
    public void What_containerd_sees_is_compared_in_its_own_schema(string version, string main, int seen, string plugin)
    {
        var config = Config("{ name: containerd, handlers: [{ name: runc }, { name: x }] }", version);
        var images = plugin.Replace("runtime", "images", StringComparison.Ordinal);
        var directory = seen >= 3 && version != "2.0.0" ? "bin_dirs = ['/usr/lib/cni']" : "bin_dir = '/usr/lib/cni'";
        var (before, within) =
            seen == 2
                ? ("", "sandbox_image = 'holdfast.local/pause:1'")
                : ($"[plugins.'{images}']\npinned_images.sandbox = 'holdfast.local/pause:1'", "");
        var text = $"""
            version = {seen}
            {before}
            [plugins."{plugin}"]
            {within}
            restrict_oom_score_adj = true
            cni.conf_dir = "/etc/cni/net.d"
            cni.{directory}
            [plugins."{plugin}".containerd.runtimes]
            runc.runtime_type = "io.containerd.runc.v2"
            runc.options.SystemdCgroup = false
            x.runtime_type = "io.containerd.runc.v2"
            x.options.SystemdCgroup = false
            """;
        var bytes = Encoding.UTF8.GetBytes(main);

        Assert.Empty(config.FindFaults(bytes, TomlDocument.Parse(text, "seen")));
        Assert.Equal(
            [
                $"plugins.\"{plugin}\".containerd.runtimes.x.runtime_type is \"io.containerd.kata.v2\" instead of \"io.containerd.runc.v2\"",
            ],
            config.FindFaults(
                bytes,
                TomlDocument.Parse(
                    text.Replace(
                        "x.runtime_type = \"io.containerd.runc",
                        "x.runtime_type = \"io.containerd.kata",
                        StringComparison.Ordinal
                    ),
                    "seen"
                )
            )
        );
    }
}
