using System.Text;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Runtimes;

/// <summary>containerd 2 merges the files that it imports, so what is ours lies in a file of its own.</summary>
public sealed class ContainerdDropInTests
{
    private const string Runtime3 = "io.containerd.cri.v1.runtime";
    private const string Images3 = "io.containerd.cri.v1.images";
    private const string DropIn = "/etc/containerd/conf.d/20-holdfast.toml";

    private static ContainerdConfig Config(string version, string runtime = "{ name: containerd }")
    {
        var spec = ContainerdKeysTests.Runtime(runtime);
        return new ContainerdConfig
        {
            Runtime = spec,
            Handlers = spec.Handlers,
            UseSystemdCgroup = true,
            RestrictOomScoreAdj = false,
            CniPluginDirectory = "/opt/cni/bin",
            CniConfigDirectory = "/etc/cni/net.d",
            ContainerdVersion = Version.Parse(version),
        };
    }

    private static (TomlDocument Main, TomlDocument DropIn) Files(ContainerdConfig config, string? main)
    {
        var before = main is null ? null : Encoding.UTF8.GetBytes(main);
        var dropIn = config.MakeDropIn(before);
        var edited = config.EditMain(before);
        Assert.Equal(edited, config.EditMain(edited));
        Assert.Equal(dropIn, config.MakeDropIn(edited));
        return (TomlDocument.Parse(edited, "main"), TomlDocument.Parse(dropIn, "drop-in"));
    }

    [Fact]
    public void A_new_main_file_has_runc_in_it_and_imports_ours()
    {
        var (main, dropIn) = Files(Config("2.1.4"), null);

        Assert.Equal(
            """
            # Written by Holdfast, which has its keys in the file that is imported below. Add what you like.
            version = 3
            imports = ["/etc/containerd/conf.d/20-holdfast.toml"]

            [plugins."io.containerd.internal.v1.opt"]
            path = "/var/lib/containerd/opt"

            [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"

            """,
            main.Text
        );
        Assert.Equal(
            """
            # Written by Holdfast from the node document; write your own keys into another file.
            version = 3

            [plugins."io.containerd.cri.v1.images".pinned_images]
            sandbox = "holdfast.local/pause:1"

            [plugins."io.containerd.cri.v1.runtime".cni]
            bin_dirs = ["/opt/cni/bin"]
            conf_dir = "/etc/cni/net.d"

            [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"

            [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
            SystemdCgroup = true

            """,
            dropIn.Text
        );
    }

    [Theory]
    [InlineData("imports = []", "imports = [\"/etc/containerd/conf.d/20-holdfast.toml\"]")]
    [InlineData("imports = [ ]", "imports = [\"/etc/containerd/conf.d/20-holdfast.toml\" ]")]
    [InlineData(
        "imports = [\n  \"/a.toml\", # mine\n]",
        "imports = [\n  \"/a.toml\", \"/etc/containerd/conf.d/20-holdfast.toml\", # mine\n]"
    )]
    [InlineData("imports = [\"conf.d/*.toml\"]", "imports = [\"conf.d/*.toml\"]")]
    [InlineData("imports = [\"/etc/containerd/conf.d/*\"]", "imports = [\"/etc/containerd/conf.d/*\"]")]
    [InlineData(
        "imports = [\"/etc/containerd/other.d/*.toml\"]",
        "imports = [\"/etc/containerd/other.d/*.toml\", \"/etc/containerd/conf.d/20-holdfast.toml\"]"
    )]
    public void Ours_is_imported_once(string imports, string expected)
    {
        var (main, _) = Files(Config("2.1.0"), $"version = 3\n{imports}\n[debug]\n  level = 'info' # c\n");
        Assert.Equal($"version = 3\n{expected}\n[debug]\n  level = 'info' # c\n", main.Text);
    }

    [Fact]
    public void What_containerd_2_2_imports_by_itself_is_not_lost() =>
        Assert.Contains(
            "imports = [\"/etc/containerd/conf.d/*.toml\"]",
            Files(Config("2.2.0"), "version = 3\n[debug]\n").Main.Text,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_main_file_that_imports_the_directory_is_not_touched()
    {
        const string Before = "version = 3\nimports = [\"/etc/containerd/conf.d/*.toml\"] # as shipped\n";
        Assert.Equal(Before, Files(Config("2.2.1"), Before).Main.Text);
    }

    [Theory]
    [InlineData("version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n", 2, "io.containerd.grpc.v1.cri")]
    [InlineData("version = 3\n", 3, Runtime3)]
    [InlineData("version = 4\n", 4, Runtime3)]
    public void Ours_is_in_the_schema_of_the_main_file(string main, long version, string plugin)
    {
        var (_, dropIn) = Files(Config("2.3.0"), main);
        Assert.Equal(version, dropIn.Get("version"));
        Assert.Equal(
            "io.containerd.runc.v2",
            dropIn.Get("plugins", plugin, "containerd", "runtimes", "runc", "runtime_type")
        );
    }

    [Fact]
    public void What_cannot_be_merged_is_healed_in_the_main_file()
    {
        var (main, dropIn) = Files(
            Config("2.1.0"),
            """
            version = 3
            disabled_plugins = ["cri"] # Docker's
            [plugins."io.containerd.cri.v1.runtime"]
              systemd_cgroup = true
              [plugins."io.containerd.cri.v1.runtime".cni]
                bin_dir = "/usr/lib/cni" # beside bin_dirs it is an error
              [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.mine]
                runtime_type = "io.containerd.runc.v2"

            """
        );

        Assert.Equal(new TomlArray([]), main.Get("disabled_plugins"));
        Assert.Null(main.Get("plugins", Runtime3, "systemd_cgroup"));
        Assert.Null(main.Get("plugins", Runtime3, "cni", "bin_dir"));
        Assert.Equal(
            true,
            dropIn.Get("plugins", Runtime3, "containerd", "runtimes", "mine", "options", "SystemdCgroup")
        );
    }

    [Theory]
    [InlineData("", "2.1.0")]
    [InlineData("version = 1\n", "2.3.0")]
    public void Handlers_of_a_schema_that_containerd_2_does_not_read_are_taken_over(string version, string containerd)
    {
        var (main, dropIn) = Files(
            Config(containerd),
            version
                + """
                # from the time of containerd 1.2
                [plugins.cri]
                  sandbox_image = "k8s.gcr.io/pause:3.1"
                  [plugins.cri.registry.configs."r.example".auth]
                    password = "secret"
                  [plugins.cri.containerd.runtimes.mine]
                    runtime_type = "io.containerd.runc.v2"
                    [plugins.cri.containerd.runtimes.mine.options]
                      BinaryName = "/usr/bin/crun"
                  [plugins.cri.containerd.runtimes.nothing.options]
                    SystemdCgroup = true

                """
        );
        TomlValue? At(params string[] key) =>
            dropIn.Get(["plugins", Runtime3, "containerd", "runtimes", "mine", .. key]);

        Assert.Equal(version.Length > 0 ? 1L : null, (main.Get("version") as TomlInteger)?.Value);
        Assert.Contains(
            "[plugins.cri]\n  sandbox_image = \"k8s.gcr.io/pause:3.1\"\n",
            main.Text,
            StringComparison.Ordinal
        );
        Assert.Equal(3L, dropIn.Get("version"));
        Assert.Equal("io.containerd.runc.v2", At("runtime_type"));
        Assert.Equal("/usr/bin/crun", At("options", "BinaryName"));
        Assert.Equal(true, At("options", "SystemdCgroup"));
        Assert.Null(dropIn.Get("plugins", Runtime3, "containerd", "runtimes", "nothing"));
        Assert.Equal("holdfast.local/pause:1", dropIn.Get("plugins", Images3, "pinned_images", "sandbox"));
        Assert.Contains("containerd 2 ignores, only the handlers are taken", dropIn.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", dropIn.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_instance_has_its_own_file_and_places()
    {
        var config = Config("2.3.0", "{ name: containerd }, { name: second, snapshotter: native }");
        Assert.Equal("/etc/holdfast-second/conf.d/20-holdfast.toml", ContainerdConfig.DropInOf(config.Runtime));

        var (_, dropIn) = Files(config, "version = 4\n");

        Assert.Equal("/run/holdfast-second", dropIn.Get("state"));
        Assert.Equal(
            "/run/holdfast-second/containerd.sock",
            dropIn.Get("plugins", "io.containerd.server.v1.grpc", "address")
        );
        Assert.Equal("native", dropIn.Get("plugins", Images3, "snapshotter"));
        Assert.Equal("second", dropIn.Get("plugins", Runtime3, "containerd", "default_runtime_name"));
    }

    [Fact]
    public void Another_snapshotter_is_also_that_of_who_unpacks_images()
    {
        var config = Config("2.1.0", "{ name: containerd, snapshotter: native }") with { Architecture = "arm64" };
        var (_, dropIn) = Files(config, "version = 3\n");
        Assert.Contains(
            "unpack_config = [{ platform = \"linux/arm64\", snapshotter = \"native\" }]\n",
            dropIn.Text,
            StringComparison.Ordinal
        );

        const string Theirs = "version = 3\n[plugins.'io.containerd.transfer.v1.local']\nunpack_config = []\n";
        Assert.DoesNotContain("unpack_config", Files(config, Theirs).DropIn.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "unpack_config",
            Files(Config("2.1.0"), "version = 3\n").DropIn.Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Places_that_the_document_names_are_put_right()
    {
        const string Theirs = "version = 3\nroot = \"/data\"\n";
        var (main, dropIn) = Files(Config("2.0.0", "{ name: containerd, rootDirectory: /var/lib/containerd }"), Theirs);
        Assert.Equal("/data", main.Get("root"));
        Assert.Equal("/var/lib/containerd", dropIn.Get("root"));
        Assert.Equal("/opt/cni/bin", dropIn.Get("plugins", Runtime3, "cni", "bin_dir"));

        Assert.Null(Files(Config("2.0.0"), Theirs).DropIn.Get("root"));
    }

    /// <summary>The transfer service of containerd 2.1 and newer takes the whole text for one directory.</summary>
    [Theory]
    [InlineData("2.0.5", "/etc/containerd/certs.d:/etc/docker/certs.d", "/etc/containerd/certs.d:/etc/docker/certs.d")]
    [InlineData("2.0.5", "/etc/docker/certs.d", "/etc/containerd/certs.d:/etc/docker/certs.d")]
    [InlineData("2.1.9", "/etc/containerd/certs.d:/etc/docker/certs.d", "/etc/containerd/certs.d")]
    [InlineData("2.1.9", "/etc/containerd/certs.d", "/etc/containerd/certs.d")]
    [InlineData("2.3.1", "", "/etc/containerd/certs.d")]
    public void Registry_hosts_are_in_one_directory_where_containerd_reads_one(
        string version,
        string present,
        string expected
    )
    {
        var config = Config(
            version,
            "{ name: containerd, registries: [{ host: docker.io, mirrors: [\"http://m\"] }] }"
        );
        var (main, dropIn) = Files(config, $"version = 3\n[plugins.'{Images3}'.registry]\nconfig_path = '{present}'\n");
        var path = TomlPath.Of("plugins", Images3, "registry", "config_path");
        Assert.Equal(expected, dropIn.Get(path));
        var dump = main.Set(path, expected).Set(TomlPath.Of("plugins", Runtime3, "x"), 1L);
        Assert.DoesNotContain(
            config.FindFaults(main.ToUtf8(), dump),
            fault => fault.Contains("config_path", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_directory_of_registry_hosts_that_is_somebody_elses_is_not_lost()
    {
        var config = Config(
            "2.1.9",
            "{ name: containerd, registries: [{ host: docker.io, mirrors: [\"http://m\"] }] }"
        );
        var refusal = Assert.Throws<NodeException>(() =>
            Files(config, $"version = 3\n[plugins.'{Images3}'.registry]\nconfig_path = '/opt/certs.d'\n")
        );
        Assert.Contains("/opt/certs.d", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("/etc/containerd/certs.d", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_containerd_2_there_is_no_file_of_ours() =>
        Assert.Empty(Config("1.7.28").MakeDropIn(Encoding.UTF8.GetBytes("version = 2\n")));

    [Fact]
    public void A_handler_that_is_no_longer_wanted_is_gone()
    {
        const string Main = "version = 3\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n";
        var with = Files(Config("2.1.0", "{ name: containerd, handlers: [{ name: runc }, { name: x }] }"), Main).DropIn;
        var without = Files(Config("2.1.0"), Main).DropIn;
        Assert.NotNull(with.Get("plugins", Runtime3, "containerd", "runtimes", "x"));
        Assert.Null(without.Get("plugins", Runtime3, "containerd", "runtimes", "x"));
        Assert.Equal(DropIn, ContainerdConfig.DropInOf(Config("2.1.0").Runtime));
    }
}
