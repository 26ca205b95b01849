using System.Text;
using Holdfast.Document;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class ContainerdConfigTests
{
    private const string Cri = "io.containerd.grpc.v1.cri";

    /// <summary>As Debian 12's package ships it.</summary>
    private const string Debians = """
        version = 2

        [plugins]
          [plugins."io.containerd.grpc.v1.cri"]
            [plugins."io.containerd.grpc.v1.cri".cni]
              bin_dir = "/usr/lib/cni"
              conf_dir = "/etc/cni/net.d"
          [plugins."io.containerd.internal.v1.opt"]
            path = "/var/lib/containerd/opt"

        """;

    /// <summary>As Docker's containerd.io ships it, shortened.</summary>
    private const string Dockers = """
        #   Copyright 2018-2022 Docker Inc.

        disabled_plugins = ["cri"]

        #root = "/var/lib/containerd"

        #[grpc]
        #  address = "/run/containerd/containerd.sock"

        """;

    private static RuntimeSpec Runtime(string yaml = "{ name: containerd }")
    {
        var text = $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec: {{ runtimes: [{yaml}] }}\n";
        var result = NodeDocument.Parse(text, "node.yaml", "host1");
        Assert.Empty(result.Errors);
        return result.Spec!.Runtimes[^1];
    }

    private static ContainerdConfig Config(RuntimeSpec? runtime = null) =>
        new()
        {
            Runtime = runtime ?? Runtime(),
            Handlers = (runtime ?? Runtime()).Handlers,
            UseSystemdCgroup = false,
            RestrictOomScoreAdj = false,
            CniPluginDirectory = "/usr/lib/cni",
            CniConfigDirectory = "/etc/cni/net.d",
            ContainerdVersion = new Version(1, 6, 20),
        };

    /// <summary>Edits, and proves that a second edit finds nothing to do.</summary>
    private static TomlDocument Edited(ContainerdConfig config, string? before)
    {
        var once = config.EditMain(before is null ? null : Encoding.UTF8.GetBytes(before));
        Assert.Equal(once, config.EditMain(once));
        return TomlDocument.Parse(once, "edited");
    }

    [Fact]
    public void A_machine_without_a_file_gets_a_small_one_with_runc_in_it() =>
        Assert.Equal(
            """
            # Written by Holdfast, which changes only the keys that its node document is about. Add what you like.
            version = 2

            [plugins."io.containerd.internal.v1.opt"]
            path = "/var/lib/containerd/opt"

            [plugins."io.containerd.grpc.v1.cri"]
            sandbox_image = "holdfast.local/pause:1"

            [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "/etc/cni/net.d"

            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"

            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
            SystemdCgroup = false

            """,
            Edited(Config(), null).Text
        );

    [Fact]
    public void Debians_file_keeps_every_line_of_its_own()
    {
        var edited = Edited(Config() with { RestrictOomScoreAdj = true, UseSystemdCgroup = true }, Debians);

        Assert.Equal(true, edited.Get("plugins", Cri, "restrict_oom_score_adj"));
        Assert.Equal("holdfast.local/pause:1", edited.Get("plugins", Cri, "sandbox_image"));
        Assert.Equal(true, edited.Get("plugins", Cri, "containerd", "runtimes", "runc", "options", "SystemdCgroup"));
        var lines = edited.Text.Split('\n').ToList();
        var at = -1;
        foreach (var line in Debians.TrimEnd('\n').Split('\n'))
        {
            at = lines.IndexOf(line, at + 1);
            Assert.True(at >= 0, $"{line} is gone or moved:\n{edited.Text}");
        }
    }

    [Fact]
    public void Dockers_file_gets_its_cri_back_and_a_version()
    {
        var edited = Edited(Config(), Dockers);

        Assert.Equal(new TomlArray([]), edited.Get("disabled_plugins"));
        Assert.Equal(2L, edited.Get("version"));
        Assert.Contains("#   Copyright 2018-2022 Docker Inc.", edited.Text, StringComparison.Ordinal);
        Assert.Contains("#root = \"/var/lib/containerd\"", edited.Text, StringComparison.Ordinal);
        Assert.Equal(
            "io.containerd.runc.v2",
            edited.Get("plugins", Cri, "containerd", "runtimes", "runc", "runtime_type")
        );
    }

    [Theory]
    [InlineData("disabled_plugins = [\"cri\", \"btrfs\"]\n")]
    [InlineData("required_plugins = [\"overlayfs\"]\n")]
    public void Short_names_of_plugins_keep_the_file_at_version_1(string before)
    {
        var edited = Edited(Config(), before);

        Assert.Null(edited.Get("version"));
        Assert.Equal("holdfast.local/pause:1", edited.Get("plugins", "cri", "sandbox_image"));
        Assert.DoesNotContain("\"cri\"", edited.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disabled_plugins = [\"io.containerd.snapshotter.v1.btrfs\"]\n")]
    [InlineData("disabled_plugins = [\"cri\"]\n")]
    public void Full_names_of_plugins_do_not(string before) =>
        Assert.Equal(2L, Edited(Config(), before).Get("version"));

    [Theory]
    [InlineData("[plugins.cri]\n", "cri", "sandbox_image")]
    [InlineData("version = 1\n", "cri", "sandbox_image")]
    [InlineData("version = 2\n", Cri, "sandbox_image")]
    [InlineData("version = 3\n", "io.containerd.cri.v1.images", "pinned_images.sandbox")]
    [InlineData("version = 4\n", "io.containerd.cri.v1.images", "pinned_images.sandbox")]
    public void Each_schema_has_its_own_places(string before, string plugin, string key)
    {
        var edited = Edited(Config(), before);

        Assert.Equal("holdfast.local/pause:1", edited.Get(["plugins", plugin, .. key.Split('.')]));
        var runtime = plugin.Replace(".images", ".runtime", StringComparison.Ordinal);
        Assert.Equal(
            "io.containerd.runc.v2",
            edited.Get("plugins", runtime, "containerd", "runtimes", "runc", "runtime_type")
        );
    }

    [Fact]
    public void A_new_file_for_containerd_2_has_schema_3() =>
        Assert.Equal(3L, Edited(Config() with { ContainerdVersion = new Version(2, 1, 4) }, null).Get("version"));

    [Theory]
    [InlineData("version = 5\n")]
    [InlineData("version = \"2\"\n")]
    [InlineData("version = 2\nplugins = 1\n")]
    [InlineData("version = 2\n[plugins\n")]
    public void A_file_that_cannot_be_understood_is_left_alone(string before)
    {
        var e = Assert.Throws<NodeException>(() => Config().EditMain(Encoding.UTF8.GetBytes(before)));
        Assert.Equal(NodeReason.FileNotUnderstood, e.Reason);
        Assert.Contains("/etc/containerd/config.toml", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_runc_handler_agrees_on_the_cgroup_driver_and_the_old_key_goes()
    {
        var edited = Edited(
            Config() with
            {
                UseSystemdCgroup = true,
            },
            """
            version = 2
            systemd_cgroup = true
            [plugins."io.containerd.grpc.v1.cri"]
              systemd_cgroup = true
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.mine]
              runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
              runtime_type = "io.containerd.kata.v2"

            """
        );

        Assert.Null(edited.Get("systemd_cgroup"));
        Assert.Null(edited.Get("plugins", Cri, "systemd_cgroup"));
        Assert.Equal(true, edited.Get("plugins", Cri, "containerd", "runtimes", "runc", "options", "SystemdCgroup"));
        Assert.Equal(true, edited.Get("plugins", Cri, "containerd", "runtimes", "mine", "options", "SystemdCgroup"));
        Assert.Null(edited.Get("plugins", Cri, "containerd", "runtimes", "kata", "options"));
    }

    [Fact]
    public void A_second_instance_has_its_own_places_and_default_handler()
    {
        var edited = Edited(Config(Runtime("{ name: containerd }, { name: second }")), null);

        Assert.Equal("/var/lib/holdfast-second", edited.Get("root"));
        Assert.Equal("/run/holdfast-second", edited.Get("state"));
        Assert.Equal("/run/holdfast-second/containerd.sock", edited.Get("grpc", "address"));
        Assert.Equal("second", edited.Get("plugins", Cri, "containerd", "default_runtime_name"));
        Assert.Equal("/var/lib/holdfast-second/opt", edited.Get("plugins", "io.containerd.internal.v1.opt", "path"));
    }

    [Fact]
    public void Options_of_handlers_are_passed_through()
    {
        var edited = Edited(
            Config(
                Runtime(
                    "{ name: c, handlers: [{ name: runc, options: { BinaryName: /usr/bin/runc, Root: /run/x } }, "
                        + "{ name: g, runtimeType: io.containerd.runsc.v1, options: { Level: 7, On: true, L: [a] } }] }"
                )
            ),
            null
        );

        var handlers = edited.Get("plugins", Cri, "containerd", "runtimes")!;
        Assert.Equal(
            TomlDocument
                .Parse(
                    """
                    runc = { runtime_type = "io.containerd.runc.v2", options = { BinaryName = "/usr/bin/runc", Root = "/run/x", SystemdCgroup = false } }
                    g = { runtime_type = "io.containerd.runsc.v1", options = { Level = 7, On = true, L = ["a"] } }
                    """,
                    "expected"
                )
                .ToTable(),
            handlers
        );
    }

    [Theory]
    [InlineData("1.6.20", "version = 2\n", "config_path = \"/etc/containerd/certs.d\"")]
    [InlineData(
        "1.6.20",
        "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\nconfig_path = \"/mine\"\n",
        "config_path = \"/etc/containerd/certs.d:/mine\""
    )]
    [InlineData(
        "1.4.13",
        "version = 2\n",
        "[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\nendpoint = [\"http://127.0.0.1:5000\"]"
    )]
    [InlineData(
        "1.6.20",
        "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"x.io\"]\nendpoint = [\"http://x\"]\n",
        "endpoint = [\"http://127.0.0.1:5000\"]"
    )]
    public void Mirrors_go_where_this_file_has_them(string version, string before, string expected)
    {
        var runtime = Runtime(
            "{ name: containerd, registries: [{ host: docker.io, mirrors: [\"http://127.0.0.1:5000\"] }] }"
        );
        var edited = Edited(Config(runtime) with { ContainerdVersion = Version.Parse(version) }, before);
        Assert.Contains(expected, edited.Text, StringComparison.Ordinal);
        var registry = (TomlTable)edited.Get("plugins", Cri, "registry")!;
        Assert.False(registry.TryGet("mirrors", out _) && registry.TryGet("config_path", out _));
    }

    [Fact]
    public void A_registrys_hosts_are_listed_in_order_and_what_is_there_stays()
    {
        var registry = new RegistrySpec(
            "docker.io",
            [new Uri("http://127.0.0.1:5000"), new Uri("https://m.example/v2/hub/")]
        );
        var fresh = RegistryHosts.Edit(null, registry, "hosts.toml");
        Assert.Equal(
            """
            server = "https://registry-1.docker.io"

            [host."http://127.0.0.1:5000"]
            capabilities = ["pull", "resolve"]

            [host."https://m.example/v2/hub"]
            capabilities = ["pull", "resolve"]
            override_path = true

            """,
            Encoding.UTF8.GetString(fresh)
        );
        Assert.Equal(fresh, RegistryHosts.Edit(fresh, registry, "hosts.toml"));
        var mine =
            "server = \"https://mine\" # c\n[host.\"http://127.0.0.1:5000\"]\n  skip_verify = true\n"u8.ToArray();
        var kept = TomlDocument.Parse(RegistryHosts.Edit(mine, registry, "hosts.toml"), "hosts.toml");
        Assert.StartsWith("server = \"https://mine\" # c\n", kept.Text, StringComparison.Ordinal);
        Assert.Equal(true, kept.Get("host", "http://127.0.0.1:5000", "skip_verify"));
    }

    [Theory]
    [InlineData("localhost:5000")]
    [InlineData("127.0.0.1:5000")]
    [InlineData("127.1.2.3")]
    [InlineData("[::1]:5000")]
    public void A_registry_of_this_machine_need_not_have_tls(string host)
    {
        var registry = new RegistrySpec(host, [new Uri("http://10.0.0.1:5000")]);
        var hosts = TomlDocument.Parse(RegistryHosts.Edit(null, registry, "hosts.toml"), "hosts.toml");
        Assert.Null(hosts.Get("server"));
        Assert.NotNull(hosts.Get("host", "http://10.0.0.1:5000"));
    }

    [Fact]
    public void Certificates_that_containerd_took_by_their_names_go_on_being_taken()
    {
        var registry = new RegistrySpec("r.example", [new Uri("http://10.0.0.1:5000")]);
        string[] files = ["/c/ca.crt", "/c/me.cert", "/c/me.key", "/c/other.cert", "/c/readme"];
        var fresh = RegistryHosts.Edit(null, registry, "/c/hosts.toml", files);
        var hosts = TomlDocument.Parse(fresh, "hosts.toml");
        Assert.Equal(TomlArray.Of(["/c/ca.crt"]), hosts.Get("ca"));
        Assert.Equal(new TomlArray([TomlArray.Of(["/c/me.cert", "/c/me.key"])]), hosts.Get("client"));
        Assert.Equal(fresh, RegistryHosts.Edit(fresh, registry, "/c/hosts.toml", files));

        // With a file that is there they did not count before either.
        var mine = TomlDocument.Parse(RegistryHosts.Edit([], registry, "/c/hosts.toml", files), "hosts.toml");
        Assert.Null(mine.Get("ca"));
    }

    [Fact]
    public void The_complaint_of_the_last_start_is_shown()
    {
        string[] log =
        [
            "time=\"2026-01-01T00:00:00Z\" level=error msg=\"an old one\"",
            "time=\"2026-01-01T00:00:01Z\" level=info msg=\"starting containerd\" revision=x",
            "time=\"2026-01-01T00:00:02Z\" level=warning msg=\"failed to load plugin io.containerd.grpc.v1.cri\" error=\"invalid plugin config\"",
            "time=\"2026-01-01T00:00:03Z\" level=info msg=\"containerd successfully booted in 0.02s\"",
        ];
        Assert.Equal(
            ["msg=\"failed to load plugin io.containerd.grpc.v1.cri\" error=\"invalid plugin config\""],
            RuntimeLogErrors.Choose(log)
        );
        Assert.Equal(["msg=\"a\""], RuntimeLogErrors.Choose(["level=info msg=\"a\""]));
        Assert.Empty(RuntimeLogErrors.Choose([]));
    }
}
