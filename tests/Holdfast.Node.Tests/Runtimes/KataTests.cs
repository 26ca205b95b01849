using System.Text;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Runtimes.Kata;
using Holdfast.Node.Software;
using Holdfast.Node.Tests.Facts;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class KataTests : IDisposable
{
    private const string Defaults = "/opt/kata/share/defaults/kata-containers";
    private const string Go = "/opt/kata/bin/containerd-shim-kata-v2";
    private const string Rust = "/opt/kata/runtime-rs/bin/containerd-shim-kata-v2";

    private readonly TemporaryMachine temporary = new();

    public void Dispose() => temporary.Dispose();

    private static HandlerSpec Handler(string more = "") =>
        ContainerdKeysTests
            .Runtime($"{{ name: containerd, handlers: [{{ name: kata, kind: kata {more} }}] }}")
            .Handlers[0];

    private KataFiles? Find(string hypervisor) =>
        KataFiles.Find(Handler($", hypervisor: {hypervisor}").Kata!, temporary.Machine);

    /// <summary>The layout of kata-static-2.3.3-x86_64.tar.xz.</summary>
    private void Install2()
    {
        temporary.Write(Go, "");
        foreach (var name in new[] { "qemu", "clh", "fc", "acrn" })
        {
            temporary.Write($"{Defaults}/configuration-{name}.toml", $"[hypervisor.{name}]\n");
        }
    }

    [Fact]
    public void Every_hypervisor_of_the_go_runtime_has_its_file()
    {
        Install2();
        foreach (var name in new[] { "qemu", "clh", "fc", "acrn" })
        {
            Assert.Equal(new KataFiles(Go, $"{Defaults}/configuration-{name}.toml"), Find(name));
        }
        Assert.Null(Find("dragonball"));
    }

    [Fact]
    public void The_rust_runtime_has_its_own_directories()
    {
        Install2();
        temporary.Write(Rust, "");
        temporary.Write($"{Defaults}/runtime-rs/configuration-dragonball.toml", "");
        temporary.Write($"{Defaults}/runtime-rs/configuration-qemu-runtime-rs.toml", "");

        Assert.Equal(new KataFiles(Rust, $"{Defaults}/runtime-rs/configuration-dragonball.toml"), Find("dragonball"));
        Assert.Equal(
            new KataFiles(Rust, $"{Defaults}/runtime-rs/configuration-qemu-runtime-rs.toml"),
            Find("qemu-runtime-rs")
        );
        Assert.Equal(new KataFiles(Go, $"{Defaults}/configuration-qemu.toml"), Find("qemu"));
    }

    [Fact]
    public void Without_the_go_runtime_the_short_names_mean_the_rust_one()
    {
        temporary.Write(Rust, "");
        temporary.Write($"{Defaults}/runtime-rs/configuration-clh-runtime-rs.toml", "");
        Assert.Equal(new KataFiles(Rust, $"{Defaults}/runtime-rs/configuration-clh-runtime-rs.toml"), Find("clh"));
    }

    [Fact]
    public void A_distributions_kata_is_found_too()
    {
        temporary.Write("/usr/bin/containerd-shim-kata-v2", "");
        temporary.Write("/usr/share/defaults/kata-containers/configuration-qemu.toml", "");
        Assert.Equal("/usr/bin/containerd-shim-kata-v2", Find("qemu")!.Shim);
    }

    [Fact]
    public async Task A_hypervisor_that_kata_does_not_have_is_refused_with_those_it_has()
    {
        Install2();
        var refused = KataFilesCheck.For(Handler(", hypervisor: dragonball"));

        Assert.Contains(
            "acrn, clh, fc, qemu",
            await refused.Ask(temporary.Machine, TemporaryMachine.Never),
            StringComparison.Ordinal
        );
        Assert.Null(await KataFilesCheck.For(Handler()).Ask(temporary.Machine, TemporaryMachine.Never));
    }

    [Fact]
    public async Task Pods_may_change_what_the_document_lists_in_a_copy()
    {
        temporary.Write(Go, "");
        temporary.Write(
            $"{Defaults}/configuration-qemu.toml",
            "[hypervisor.qemu] # q\npath = \"/x\"\nenable_annotations = [\"enable_iommu\"]\n[agent.kata]\n"
        );
        var spec = SpecWith(", annotations: [default_vcpus, enable_iommu]");
        var copy = new KataComponent()
            .Build(spec, TestFacts.Usual)
            .OfType<FileChange>()
            .Single(file => file.Subject == "/etc/kata-containers/holdfast-kata.toml");

        await temporary.ApplyAsync(copy);

        Assert.Equal(
            $"# Copy of {Defaults}/configuration-qemu.toml, made by Holdfast, which renews it; in it pods may change more settings.\n"
                + "[hypervisor.qemu] # q\npath = \"/x\"\nenable_annotations = [\"enable_iommu\", \"default_vcpus\"]\n[agent.kata]\n",
            temporary.Read("/etc/kata-containers/holdfast-kata.toml")
        );
        Assert.True((await copy.InspectAsync(temporary.Machine, TemporaryMachine.Never)).IsAsWanted);

        // An upgrade of Kata brings another original.
        temporary.Write($"{Defaults}/configuration-qemu.toml", "[hypervisor.qemu]\npath = \"/y\"\n");
        Assert.False((await copy.InspectAsync(temporary.Machine, TemporaryMachine.Never)).IsAsWanted);
    }

    [Theory]
    [InlineData("1.5.9", false, true)]
    [InlineData("1.6.20", true, true)]
    [InlineData("1.7.27", true, true)]
    [InlineData("2.1.0", true, false)]
    public async Task Containerd_is_told_where_the_shim_is_and_finds_it_by_a_link(
        string version,
        bool isTold,
        bool isLinked
    )
    {
        Install2();
        temporary.Write("/usr/bin/containerd", "");
        temporary.Answer($"{temporary.Machine.At("/usr/bin/containerd")} --version", $"containerd x v{version}");
        var instance = Instance(SpecWith(", hypervisor: clh"));

        var config = await instance.ResolveAsync(temporary.Machine, TemporaryMachine.Never);
        var document = TomlDocument.Parse(
            config.UsesDropIn ? config.MakeDropIn(null) : config.EditMain(null),
            "config"
        );
        var plugin = config.UsesDropIn ? "io.containerd.cri.v1.runtime" : "io.containerd.grpc.v1.cri";
        TomlValue? At(params string[] key) =>
            document.Get(["plugins", plugin, "containerd", "runtimes", "kata", .. key]);

        Assert.Equal("io.containerd.kata.v2", At("runtime_type"));
        Assert.Equal(isTold ? new TomlString(Go) : null, At("runtime_path"));
        Assert.Equal(TomlArray.Of(["io.katacontainers.*"]), At("pod_annotations"));
        Assert.Equal(true, At("privileged_without_host_devices"));
        Assert.Equal($"{Defaults}/configuration-clh.toml", At("options", "ConfigPath"));

        await temporary.ApplyAsync(ShimLink.For(instance));
        Assert.Equal(
            isLinked ? Go : null,
            new FileInfo(temporary.Machine.At("/usr/local/bin/containerd-shim-kata-v2")).LinkTarget
        );
    }

    [Theory]
    [InlineData("1.6.20", true)]
    [InlineData("1.7.27", false)]
    [InlineData("2.1.0", false)]
    public async Task Two_shims_of_one_type_are_refused_where_only_one_can_be_found(string version, bool isRefused)
    {
        Install2();
        temporary.Write(Rust, "");
        temporary.Write($"{Defaults}/runtime-rs/configuration-dragonball.toml", "");
        temporary.Write("/usr/bin/containerd", "");
        temporary.Answer($"{temporary.Machine.At("/usr/bin/containerd")} --version", $"containerd x v{version}");
        var spec = SpecWith("}, { name: rust, kind: kata, hypervisor: dragonball");
        var link = ShimLink.For(Instance(spec));
        if (!isRefused)
        {
            await link.InspectAsync(temporary.Machine, TemporaryMachine.Never);
            return;
        }
        var refusal = await Assert.ThrowsAsync<NodeException>(() =>
            link.InspectAsync(temporary.Machine, TemporaryMachine.Never)
        );
        Assert.Contains("cannot serve both kata and rust", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ standalone: {} }", false)]
    [InlineData("{ kubeedge: {} }", true)]
    public async Task Another_agent_needs_a_handler_of_the_well_known_name(string cluster, bool isWanted)
    {
        Install2();
        var spec = SpecWith("", $"untrusted: {{ handler: kata }}, cluster: {cluster}");
        var instance = Instance(spec);
        var config = await instance.ResolveAsync(temporary.Machine, TemporaryMachine.Never);

        Assert.Equal(isWanted ? ["kata", "untrusted"] : ["kata"], config.Handlers.Select(h => h.Name));
        Assert.Equal(config.Handlers.Select(h => h.Name), instance.HandlerNames);
        Assert.All(
            config.Handlers,
            h => Assert.Equal(new OptionValue.Text($"{Defaults}/configuration-qemu.toml"), h.Options["ConfigPath"])
        );
    }

    [Fact]
    public void An_archive_keeps_to_its_own_directory()
    {
        var spec = SpecWith(
            $", install: {{ archive: {{ url: \"http://h/kata-static-3.2.0-amd64.tar.xz\", sha256: \"{new string('a', 64)}\" }} }}"
        );
        var software = new KataComponent().Build(spec, TestFacts.Usual).OfType<Holdfast.Node.Software.SoftwareChange>();
        Assert.Equal("software:kata", Assert.Single(software).Id);
    }

    private ContainerdInstance Instance(EdgeNodeSpec spec) =>
        new(spec.Runtimes[0], spec, TestFacts.Usual, "/etc/cni/net.d");

    private static EdgeNodeSpec SpecWith(string kata, string more = "untrusted: {}")
    {
        var text =
            $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec: {{ runtimes: [{{ name: containerd, handlers: [{{ name: kata, kind: kata {kata} }}] }}], {more} }}\n";
        var result = NodeDocument.Parse(text, "node.yaml", "host1");
        Assert.Empty(result.Errors);
        return result.Spec!;
    }
}
