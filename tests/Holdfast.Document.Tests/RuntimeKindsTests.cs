using Holdfast.Document;

namespace Holdfast.Document.Tests;

public sealed class RuntimeKindsTests
{
    private static NodeDocumentResult Parse(string runtimes) =>
        NodeDocument.Parse(
            $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec:\n  runtimes: {runtimes}\n",
            "node.yaml",
            "host1"
        );

    private static RuntimeSpec Runtime(string runtime)
    {
        // One line, because a flow that spans lines must be indented.
        var result = Parse($"[{runtime.ReplaceLineEndings(" ")}]");
        Assert.Empty(result.Errors);
        return result.Spec!.Runtimes[0];
    }

    [Fact]
    public void CRI_O_has_its_own_places_whatever_it_is_called()
    {
        var crio = Runtime(
            "{ name: second, kind: crio, handlers: [{ name: crun, options: { BinaryName: /usr/bin/crun } }] }"
        );

        Assert.Equal(RuntimeKind.Crio, crio.Kind);
        Assert.Equal("/var/run/crio/crio.sock", crio.Socket);
        Assert.Equal("/etc/crio/crio.conf.d/20-holdfast.conf", crio.ConfigFile);
        Assert.Equal("crio", crio.Service);
        Assert.Equal(new InstallSpec.Apt(), crio.Install);
        Assert.False(crio.IsSystemInstance);
    }

    [Theory]
    [InlineData("holdfast")]
    [InlineData("docker")]
    [InlineData("ssh")]
    public void No_name_of_a_runtime_takes_the_places_of_another_program(string name)
    {
        var runtime = Runtime($"{{ name: {name} }}");
        Assert.Equal(
            [$"/run/holdfast-{name}/containerd.sock", $"/etc/holdfast-{name}/config.toml", $"/var/lib/holdfast-{name}"],
            [runtime.Socket, runtime.ConfigFile, runtime.RootDirectory]
        );
        Assert.Equal((runtime.StateDirectory, runtime.Service), ($"/run/holdfast-{name}", $"holdfast-{name}"));
    }

    [Fact]
    public void Only_a_containerd_of_that_name_is_the_packages_instance()
    {
        Assert.True(Runtime("{ name: containerd }").IsSystemInstance);
        Assert.False(Runtime("{ name: containerd, kind: crio }").IsSystemInstance);
        Assert.Equal("containerd", Runtime("{ name: containerd }").Service);
        Assert.Equal("holdfast-edge", Runtime("{ name: edge }").Service);
    }

    [Fact]
    public void A_handler_of_kind_kata_needs_nothing_but_its_name()
    {
        var handler = Runtime("{ name: containerd, handlers: [{ name: runc }, { name: kata, kind: kata }] }").Handlers[
            1
        ];

        Assert.Equal(HandlerKind.Kata, handler.Kind);
        Assert.Equal("io.containerd.kata.v2", handler.RuntimeType);
        Assert.Equal(["io.katacontainers.*"], handler.PodAnnotations);
        Assert.Equal(["io.katacontainers.*"], handler.ContainerAnnotations);
        Assert.True(handler.PrivilegedWithoutHostDevices);
        Assert.Equal(new OverheadSpec("320Mi", "250m"), handler.Overhead);
        Assert.Equal("qemu", handler.Kata!.Hypervisor);
        Assert.Equal(new InstallSpec.Present(), handler.Kata.Install);
        Assert.Empty(handler.Kata.Annotations);
    }

    [Fact]
    public void Everything_of_a_kata_handler_can_be_said()
    {
        var handler = Runtime(
            """
            { name: containerd, handlers: [{ name: vm, kind: kata, hypervisor: clh,
              install: { archive: { url: "https://h/kata-static-3.2.0-amd64.tar.xz", sha256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" } },
              configFile: /etc/kata/mine.toml, annotations: [default_vcpus, "kernel.*"], overhead: { memory: 160Mi, cpu: 1 },
              podAnnotations: [], containerAnnotations: [a/b], privilegedWithoutHostDevices: false, runtimePath: /opt/x/containerd-shim-kata-v2 }] }
            """
        ).Handlers[0];

        Assert.Equal("clh", handler.Kata!.Hypervisor);
        Assert.IsType<InstallSpec.Archive>(handler.Kata.Install);
        Assert.Equal("/etc/kata/mine.toml", handler.Kata.ConfigFile);
        Assert.Equal(["default_vcpus", "kernel.*"], handler.Kata.Annotations);
        Assert.Equal(new OverheadSpec("160Mi", "1"), handler.Overhead);
        Assert.Empty(handler.PodAnnotations);
        Assert.Equal(["a/b"], handler.ContainerAnnotations);
        Assert.False(handler.PrivilegedWithoutHostDevices);
        Assert.Equal("/opt/x/containerd-shim-kata-v2", handler.RuntimePath);
    }

    [Fact]
    public void A_node_with_kata_is_labelled_for_katas_own_runtime_classes()
    {
        Assert.Equal(
            "true",
            Parse("[{ name: c, handlers: [{ name: kata, kind: kata }] }]").Spec!.NodeLabels[EdgeNodeSpec.KataLabel]
        );
        Assert.Empty(Parse("[{ name: c }]").Spec!.NodeLabels);
    }

    [Fact]
    public void A_registry_may_have_a_login_with_or_without_mirrors()
    {
        var registry = Runtime(
            "{ name: c, registries: [{ host: r.example, credentials: { username: me, passwordFile: /etc/holdfast/r } }] }"
        )
            .Registries.Single();

        Assert.Empty(registry.Mirrors);
        Assert.Equal(new RegistryCredentials("me", "/etc/holdfast/r"), registry.Credentials);
    }

    [Theory]
    [InlineData("{ name: c, kind: crio, snapshotter: overlayfs }", "snapshotter: is containerd's")]
    [InlineData("{ name: c, snapshotter: Over Lay }", "snapshotter: \"Over Lay\" is not a snapshotter")]
    [InlineData("{ name: c, kind: crio, configFile: /etc/crio/x.toml }", "configFile: is a drop-in of CRI-O")]
    [InlineData("{ name: c, kind: crio, handlers: [{ name: s, kind: shim }] }", "runtimePath: is missing; CRI-O")]
    [InlineData(
        "{ name: c, kind: crio, handlers: [{ name: s, kind: shim, runtimePath: /usr/bin/kata }] }",
        "is called like containerd-shim-NAME-v2"
    )]
    [InlineData(
        "{ name: c, kind: crio, handlers: [{ name: s, kind: shim, runtimePath: /usr/bin/containerd-shim-runsc-v1 }] }",
        "is called like containerd-shim-NAME-v2"
    )]
    [InlineData(
        "{ name: c, kind: crio, handlers: [{ name: s, options: { NoPivotRoot: true } }] }",
        "not known to CRI-O"
    )]
    [InlineData(
        "{ name: c, handlers: [{ name: k, kind: kata, options: { ConfigPath: /x } }] }",
        "decided by hypervisor"
    )]
    [InlineData("{ name: c, handlers: [{ name: k, kind: kata, hypervisor: \"../x\" }] }", "is not a hypervisor")]
    [InlineData(
        "{ name: c, handlers: [{ name: k, kind: kata, install: { apt: {} } }] }",
        "is not one of present, archive, bundle"
    )]
    [InlineData("{ name: c, handlers: [{ name: k, kind: kata, annotations: [\"a b\"] }] }", "is not a setting")]
    [InlineData(
        "{ name: c, handlers: [{ name: k, kind: kata, overhead: { memory: 1Zi } }] }",
        "memory: \"1Zi\" is not a quantity"
    )]
    [InlineData("{ name: c, handlers: [{ name: k, kind: kata, overhead: { cpu: true } }] }", "cpu: must be a quantity")]
    [InlineData("{ name: c, handlers: [{ name: r, kind: runc, runtimePath: /x }] }", "runtimePath: is for other shims")]
    [InlineData("{ name: c, handlers: [{ name: r, kind: runc, hypervisor: qemu }] }", "hypervisor: unknown key")]
    [InlineData("{ name: c, handlers: [{ name: r, privilegedWithoutHostDevices: 1 }] }", "must be true or false")]
    [InlineData("{ name: c, handlers: [{ name: r, podAnnotations: [\"a b\"] }] }", "is not an annotation's key")]
    [InlineData("{ name: c, registries: [{ host: x }] }", "mirrors: is missing")]
    [InlineData("{ name: c, registries: [{ host: x, credentials: { username: me } }] }", "passwordFile: is missing")]
    [InlineData(
        "{ name: c, registries: [{ host: x, credentials: { username: me, passwordFile: /p, password: x } }] }",
        "password: does not belong into a document"
    )]
    [InlineData(
        "{ name: c, registries: [{ host: x, credentials: { username: \"a:b\", passwordFile: /p } }] }",
        "without a colon"
    )]
    public void What_is_wrong_is_said(string runtime, string message)
    {
        var errors = Parse($"[{runtime}]").Errors;
        Assert.Contains(errors, e => e.ToString().Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_archives_of_one_program_are_an_error_where_the_second_is_named()
    {
        var result = NodeDocument.Parse(
            $$"""
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            spec:
              runtimes:
                - name: containerd
                  install:
                    archive: { url: "https://h/containerd-1.7.2-linux-amd64.tar.gz", sha256: "{{new string('a', 64)}}" }
                - name: second
                  install:
                    archive: { url: "https://h/containerd-2.0.0-linux-amd64.tar.gz", sha256: "{{new string('b', 64)}}" }
                  handlers: [{ name: two }]
            """,
            "node.yaml",
            "host1"
        );
        var error = Assert.Single(result.Errors);
        Assert.Equal((10, 9), (error.Line, error.Column));
        Assert.Contains(
            "is another archive than that of the runtime \"containerd\"",
            error.ToString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("https://h/a.tar.gz", "https://mirror/a.tar.gz", "a", "a")]
    [InlineData("https://h/a.tar.gz", "https://h/a.tar.gz", "a", "a")]
    public void The_same_archive_serves_two_runtimes(string first, string second, string one, string other)
    {
        string Runtime(string name, string url, string hash) =>
            $"{{ name: {name}, install: {{ archive: {{ url: \"{url}\", sha256: \"{new string(hash[0], 64)}\" }} }} }}";
        Assert.Empty(Parse($"[{Runtime("containerd", first, one)}, {Runtime("second", second, other)}]").Errors);
    }

    [Fact]
    public void A_machine_has_one_CRI_O()
    {
        var errors = Parse(
            "[{ name: a, kind: crio }, { name: b, kind: crio, socket: /run/b.sock, configFile: /etc/b/b.conf, rootDirectory: /b, stateDirectory: /run/b }]"
        ).Errors;
        Assert.Contains(
            "kind: the runtime \"a\" is CRI-O already",
            Assert.Single(errors).ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_node_has_one_kata()
    {
        const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        string Handler(string name, string version) =>
            $"{{ name: {name}, kind: kata, install: {{ archive: {{ url: \"http://h/kata-{version}.tar.xz\", sha256: {Hash} }} }} }}";

        Assert.Empty(Parse($"[{{ name: c, handlers: [{Handler("a", "3")}, {Handler("b", "3")}] }}]").Errors);
        Assert.Contains(
            "different sources",
            Parse($"[{{ name: c, handlers: [{Handler("a", "3")}, {Handler("b", "4")}] }}]").Errors.Single().Message,
            StringComparison.Ordinal
        );
    }
}
