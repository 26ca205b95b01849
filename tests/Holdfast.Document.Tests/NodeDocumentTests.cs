using System.Net;
using Holdfast.Document;

namespace Holdfast.Document.Tests;

public sealed class NodeDocumentTests
{
    private const string Head = "apiVersion: holdfast.dev/v1\nkind: EdgeNode\n";

    private static EdgeNodeSpec Good(string text)
    {
        var result = NodeDocument.Parse(text, "node.yaml", "host1");
        Assert.Empty(result.Errors);
        return Assert.IsType<EdgeNodeSpec>(result.Spec);
    }

    private static IReadOnlyList<DocumentError> Bad(string text)
    {
        var result = NodeDocument.Parse(text, "node.yaml", "host1");
        Assert.Null(result.Spec);
        Assert.NotEmpty(result.Errors);
        Assert.All(result.Errors, e => Assert.True(e is { Line: > 0, Column: > 0 }, e.ToString()));
        return result.Errors;
    }

    private static void Says(string text, params string[] errors) =>
        Assert.Equal(errors, Bad(text).Select(e => e.ToString()));

    private static void SaysInSpec(string spec, params string[] errors) => Says($"{Head}spec:\n{spec}\n", errors);

    [Fact]
    public void Without_a_document_there_is_containerd_with_runc_and_a_bridge()
    {
        var result = NodeDocument.Default("Edge7");

        Assert.Empty(result.Errors);
        var spec = result.Spec!;
        Assert.Equal("edge7", spec.Name);
        Assert.Equal(SwapMode.Disabled, spec.Host.Swap);
        Assert.Equal(["br_netfilter", "overlay"], spec.Host.KernelModules);
        Assert.Equal("1", spec.Host.Sysctl["net.ipv4.ip_forward"]);
        Assert.Equal("cni0", spec.Network.Bridge.Name);
        Assert.Equal("10.88.0.0/16", spec.Network.Bridge.Subnet.ToString());
        var runtime = Assert.Single(spec.Runtimes);
        Assert.True(runtime.IsSystemInstance);
        Assert.IsType<InstallSpec.Apt>(runtime.Install);
        Assert.Equal("/etc/containerd/config.toml", runtime.ConfigFile);
        Assert.Equal("/run/containerd/containerd.sock", runtime.Socket);
        Assert.Equal("/var/lib/containerd", runtime.RootDirectory);
        Assert.Equal("/run/containerd", runtime.StateDirectory);
        Assert.Equal("containerd", runtime.Service);
        Assert.Equal("holdfast.local/pause:1", runtime.SandboxImage);
        Assert.Equal(("runc", HandlerKind.Runc), (runtime.Handlers[0].Name, runtime.Handlers[0].Kind));
    }

    [Fact]
    public void Two_lines_work_and_the_host_gives_its_name() => Assert.Equal("host1", Good(Head).Name);

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_do_no_harm() =>
        Assert.Equal("a", Good("\uFEFF" + (Head + "metadata: { name: a }\n").ReplaceLineEndings("\r\n")).Name);

    [Fact]
    public void The_whole_document_is_read()
    {
        var spec = Good(
            """
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            metadata:
              name: k8s-node01
              labels: { disktype: k8s-node01, "holdfast.dev/site": "7" }
            spec:
              host:
                swap: unchanged
                hosts: [{ address: 192.168.44.140, names: [k8s-master] }, { address: "fd00::1", names: [a, b.c] }]
                kernelModules: [overlay]
                sysctl: { net.bridge.bridge-nf-call-iptables: 1, net.ipv4.conf.all.rp_filter: "1", net/ipv4/conf/eth0.5/forwarding: 0 }
              network:
                bridge: { name: br7, subnet: 10.99.4.0/22 }
              runtimes:
                - name: containerd
                  kind: containerd
                  install: { present: {} }
                  cgroupDriver: systemd
                  sandboxImage: registry.k8s.io/pause:3.9
                  socket: unix:////run/x/c.sock
                  registries: [{ host: docker.io, mirrors: ["http://127.0.0.1:5000", "https://m.example/v2/x"] }]
                  handlers:
                    - { name: runc, kind: runc }
                    - name: gvisor
                      runtimeType: io.containerd.runsc.v1
                      options: { TypeUrl: io.containerd.runsc.v1.options, Level: 7, Debug: true, Args: [a, b] }
                - name: second
              untrusted: { handler: gvisor }
              cluster: { standalone: {} }
            """
        );

        Assert.Equal("7", spec.Labels["holdfast.dev/site"]);
        Assert.Equal(SwapMode.Unchanged, spec.Host.Swap);
        Assert.Equal(IPAddress.Parse("fd00::1"), spec.Host.Hosts[1].Address);
        Assert.Equal(["a", "b.c"], spec.Host.Hosts[1].Names);
        Assert.Equal(["overlay"], spec.Host.KernelModules);
        Assert.Equal("0", spec.Host.Sysctl["net/ipv4/conf/eth0.5/forwarding"]);
        Assert.Equal("10.99.4.0/22", spec.Network.Bridge.Subnet.ToString());
        var first = spec.Runtimes[0];
        Assert.IsType<InstallSpec.Present>(first.Install);
        Assert.Equal(CgroupDriverChoice.Systemd, first.CgroupDriver);
        Assert.Equal("registry.k8s.io/pause:3.9", first.SandboxImage);
        Assert.Equal("/run/x/c.sock", first.Socket);
        Assert.Equal("docker.io", first.Registries[0].Host);
        Assert.Equal(
            [new Uri("http://127.0.0.1:5000"), new Uri("https://m.example/v2/x")],
            first.Registries[0].Mirrors
        );
        var shim = first.Handlers[1];
        Assert.Equal((HandlerKind.Shim, "io.containerd.runsc.v1"), (shim.Kind, shim.RuntimeType));
        Assert.Equal(new OptionValue.Text("io.containerd.runsc.v1.options"), shim.Options["TypeUrl"]);
        Assert.Equal(new OptionValue.Integer(7), shim.Options["Level"]);
        Assert.Equal(new OptionValue.Switch(true), shim.Options["Debug"]);
        Assert.Equal(["a", "b"], Assert.IsType<OptionValue.TextList>(shim.Options["Args"]).Values);
        var second = spec.Runtimes[1];
        Assert.Equal("/etc/holdfast-second/config.toml", second.ConfigFile);
        Assert.Equal("/run/holdfast-second/containerd.sock", second.Socket);
        Assert.Equal("/var/lib/holdfast-second", second.RootDirectory);
        Assert.Equal("holdfast-second", second.Service);
        Assert.Equal("second", Assert.Single(second.Handlers).Name);
        Assert.Equal("gvisor", spec.Untrusted.Handler);
    }

    [Fact]
    public void All_errors_are_told_at_once_in_the_order_of_the_text() =>
        Says(
            """
            apiVersion: holdfast.dev/v2
            kind: EdgeNode
            metadata:
              name: Node_1
              labels: { disk: 5 }
            spec:
              hots: {}
              host:
                swap: disable
                hosts: [{ address: 1.2.3, names: [] }]
              network: { bridge: { subnet: 10.88.0.1/16 } }
              cluster: { kubeedg: {} }
            """,
            "1:13: apiVersion: must be holdfast.dev/v1, not \"holdfast.dev/v2\"",
            "4:9: metadata.name: \"Node_1\" is not a DNS-1123 subdomain: lower case letters, digits, '-' and '.', "
                + "beginning and ending with a letter or digit, at most 253 characters",
            "5:19: metadata.labels.disk: must be a string, not a number; write it in quotes: \"5\"",
            "7:3: spec.hots: unknown key; did you mean \"host\"?",
            "9:11: spec.host.swap: \"disable\" is not one of disabled, unchanged; did you mean \"disabled\"?",
            "10:24: spec.host.hosts[0].address: \"1.2.3\" is not an IPv4 or IPv6 address",
            "10:38: spec.host.hosts[0].names: must be a list of at least one host name",
            "11:32: spec.network.bridge.subnet: \"10.88.0.1/16\" has host bits set; did you mean 10.88.0.0/16?",
            "12:14: spec.cluster: \"kubeedg\" is not one of standalone, kubernetes, kubeedge, openyurt; did you mean \"kubeedge\"?"
        );

    [Theory]
    [InlineData("spec:\n  host:\n\tswap: disabled\n")]
    [InlineData("spec:\n  host: {\n\tswap: disabled }\n")]
    public void A_tab_that_indents_is_named_with_its_line(string spec) =>
        Says(
            Head + spec,
            "5:1: cannot read this as YAML: a tab indents this line; YAML is indented with spaces, replace the tab by them"
        );

    [Fact]
    public void A_kernel_parameter_may_have_tabs_as_the_kernel_prints_it() =>
        Assert.Equal(
            "1024\t65000",
            Good(
                $"{Head}spec: {{ host: {{ sysctl: {{ net.ipv4.ip_local_port_range: \"1024\\t65000\" }} }} }}\n"
            ).Host.Sysctl["net.ipv4.ip_local_port_range"]
        );

    [Fact]
    public void Kernel_parameters_that_the_kernel_would_not_take_are_told_with_what_to_write() =>
        SaysInSpec(
            """
              host:
                sysctl:
                  net.ipv4.ip_forward: 1
                  net/ipv4/ip_forward: 0
                  vm.overcommit_memory: true
                  vm.max_map_count: 0o777
                  fs.file-max: 1_000_000
                  net.core.somaxconn: 0x1000
                  kernel.core_pattern: ""
                  kernel.hostname: [foo]
                  vm.swappiness:
            """,
            "7:7: spec.host.sysctl.net/ipv4/ip_forward: is the parameter net.ipv4.ip_forward again; dots and slashes mean the same",
            "8:29: spec.host.sysctl.vm.overcommit_memory: must be a number or a string, not true or false; the kernel takes 1 and 0",
            "9:25: spec.host.sysctl.vm.max_map_count: the kernel does not read 0o777; write 0777",
            "10:20: spec.host.sysctl.fs.file-max: the kernel does not read 1_000_000; write 1000000",
            "12:28: spec.host.sysctl.kernel.core_pattern: is empty; write a value, or leave the key out to keep what the kernel has",
            "13:24: spec.host.sysctl.kernel.hostname: must be a number or a string, not a list",
            "14:21: spec.host.sysctl.vm.swappiness: has no value; write one, or leave the key out to keep what the kernel has"
        );

    [Fact]
    public void Names_places_and_handlers_of_two_runtimes_must_differ() =>
        SaysInSpec(
            """
              runtimes:
                - name: a
                  handlers: [{ name: runc }, { name: runc }]
                - name: b
                  socket: /run/holdfast-a/containerd.sock
                  handlers: [{ name: runc }]
                - name: a
              untrusted: { handler: rnuc }
            """,
            "6:17: spec.runtimes[0].handlers: the handler \"runc\" is twice in this runtime; handler names are unique on a node",
            "8:15: spec.runtimes[1].socket: /run/holdfast-a/containerd.sock belongs to the runtime \"a\" already",
            "9:17: spec.runtimes[1].handlers: the handler \"runc\" is in the runtime \"a\" too; handler names are unique on a node",
            "10:13: spec.runtimes[2].name: another runtime is named \"a\" too",
            "11:25: spec.untrusted.handler: no runtime has a handler \"rnuc\"; did you mean \"runc\"?"
        );

    [Fact]
    public void A_later_runtimes_default_handler_may_not_be_claimed_by_another() =>
        SaysInSpec(
            "  runtimes: [{ name: containerd, handlers: [{ name: second }] }, { name: second }]",
            "4:66: spec.runtimes[1].handlers: the handler \"second\" is in the runtime \"containerd\" too; handler names are unique on a node"
        );

    [Theory]
    [InlineData("host: { sysctl: { ip_forward: 1 } }", "is not a kernel parameter")]
    [InlineData(
        "host: { sysctl: { net.ipv4.ip_forward: 1, net/ipv4/ip_forward: 1 } }",
        "is the parameter net.ipv4.ip_forward again"
    )]
    [InlineData("host: { sysctl: { net/../../etc/passwd: 1 } }", "is not a kernel parameter")]
    [InlineData("host: { sysctl: { net.ipv4.ip_forward: true } }", "the kernel takes 1 and 0")]
    [InlineData("host: { sysctl: { net.ipv4.ip_forward: \"1\\n2\" } }", "must be one line")]
    [InlineData("host: { kernelModules: [a b] }", "is not a kernel module's name")]
    [InlineData("host: { kernelModules: [a, a] }", "is there twice")]
    [InlineData("host: { kernelModules: { a: b } }", "must be a list")]
    [InlineData("host: { hosts: [{ address: 1, names: [a] }] }", "must be a string, not a number")]
    [InlineData("host: { hosts: [{ address: 010.1.1.1, names: [a] }] }", "is not an IPv4")]
    [InlineData("host: { hosts: [{ address: \"fe80::1%eth0\", names: [a] }] }", "is not an IPv4")]
    [InlineData("host: { hosts: [{ address: 1.1.1.1, names: [a b] }] }", "is not a host name")]
    [InlineData("host: [a]", "must be a mapping (key: value), not a list")]
    [InlineData("network: { bridge: { name: a-name-too-long-1 } }", "is not a network interface's name")]
    [InlineData("network: { bridge: { subnet: 10.88.0.0 } }", "is not a network such as")]
    [InlineData("network: { bridge: { subnet: 10.88.0.0/31 } }", "between /8 and /29")]
    [InlineData("network: { bridge: { subnet: \"fd00::/64\" } }", "IPv6")]
    [InlineData("network: { bridge: { gateway: \"fd00::1\" } }", "is not an IPv4 address")]
    [InlineData("network: { bridge: { gateway: 10.89.0.1 } }", "is not in the subnet 10.88.0.0/16")]
    [InlineData("network: { bridge: { gateway: 10.88.255.255 } }", "did you mean 10.88.0.1?")]
    [InlineData("network: { bridge: { masquerade: \"true\" } }", "must be true or false, not a string")]
    [InlineData("runtimes: []", "at least one runtime")]
    [InlineData("runtimes: [{ kind: containerd }]", "is missing")]
    [InlineData("runtimes: [{ name: c, kind: docker }]", "is not one of containerd, crio")]
    [InlineData("runtimes: [{ name: c, install: apt }]", "exactly one of apt, present")]
    [InlineData("runtimes: [{ name: c, install: { apt: {}, present: {} } }]", "exactly one of")]
    [InlineData("runtimes: [{ name: c, install: { apd: {} } }]", "did you mean \"apt\"")]
    [InlineData("runtimes: [{ name: c, socket: run/x.sock }]", "is not an absolute path")]
    [InlineData("runtimes: [{ name: c, configFile: /etc/../x }]", "is not an absolute path")]
    [InlineData("runtimes: [{ name: c, sandboxImage: \"a b\" }]", "is not an image reference")]
    [InlineData("runtimes: [{ name: c, handlers: [] }]", "at least one handler")]
    [InlineData("runtimes: [{ name: c, handlers: [{ name: Runc }] }]", "is not a DNS-1123 label")]
    [InlineData(
        "runtimes: [{ name: c, handlers: [{ name: r, kind: runc, runtimeType: io.containerd.x.v1 }] }]",
        "use kind: shim"
    )]
    [InlineData("runtimes: [{ name: c, handlers: [{ name: r, kind: shim }] }]", "is missing")]
    [InlineData("runtimes: [{ name: c, handlers: [{ name: r, options: { SystemdCgroup: true } }] }]", "cgroupDriver")]
    [InlineData(
        "runtimes: [{ name: c, handlers: [{ name: r, options: { A: { B: 1 } } }] }]",
        "must be a string, a whole number"
    )]
    [InlineData(
        "runtimes: [{ name: c, registries: [{ host: \"http://x\", mirrors: [\"http://y\"] }] }]",
        "is not a registry host"
    )]
    [InlineData(
        "runtimes: [{ name: c, registries: [{ host: x, mirrors: [\"ftp://y\"] }] }]",
        "is not an http or https"
    )]
    [InlineData(
        "runtimes: [{ name: c, registries: [{ host: x, mirrors: [\"http://u:p@y\"] }] }]",
        "is not an http or https"
    )]
    [InlineData("runtimes: [{ name: c, registries: [{ host: x, mirrors: [] }] }]", "at least one address")]
    [InlineData("runtimes: [{ name: c, cgroupDriver: cgroups }]", "is not one of auto, cgroupfs, systemd")]
    [InlineData("untrusted: { handler: kata }", "no runtime has a handler")]
    [InlineData(
        "runtimes: [{ name: c, kind: crio, handlers: [{ name: runc }, { name: r }] }], cluster: { kubernetes: {} }, untrusted: { handler: r }",
        "CRI-O ignores the annotation, so that kubelet would run untrusted pods in the handler \"runc\"; leave untrusted out and let pods ask for the handler by a RuntimeClass"
    )]
    [InlineData(
        "runtimes: [{ name: c, kind: crio }], cluster: { kubeedge: {} }, untrusted: { handler: runc }",
        "use kind: containerd"
    )]
    [InlineData(
        "runtimes: [{ name: c }, { name: d, handlers: [{ name: r }] }], cluster: { openyurt: {} }, untrusted: { handler: r }",
        "\"r\" is no handler of the first runtime \"c\", and kubelet talks to no other"
    )]
    [InlineData(
        "runtimes: [{ name: c, handlers: [{ name: r }, { name: untrusted }] }], cluster: { kubeedge: {} }, untrusted: { handler: r }",
        "runs untrusted pods of edgecore in the handler \"untrusted\", which is another one here"
    )]
    [InlineData("host: { swap: no }", "is not one of")]
    [InlineData("host: { swap: disabled, swap: disabled }", "is there twice; the first is in line 3")]
    [InlineData("host: &a { hosts: *b }", "no anchor &b")]
    [InlineData("host: !ruby/object {}", "is not known")]
    [InlineData("[a]: b", "a key must be a string")]
    public void A_wrong_value_is_named(string spec, string words)
    {
        var error = Bad($"{Head}spec: {{ {spec} }}\n")[0];
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Equal(3, error.Line);
    }

    [Theory]
    [InlineData("[{ name: c }, { name: d, handlers: [{ name: r }] }]", "{ standalone: {} }")]
    [InlineData("[{ name: c, kind: crio, handlers: [{ name: runc }, { name: r }] }]", "{ standalone: {} }")]
    [InlineData("[{ name: c, handlers: [{ name: runc }, { name: r }] }]", "{ kubeedge: {} }")]
    public void Untrusted_pods_may_have_any_handler_that_their_agent_can_use(string runtimes, string cluster) =>
        Good($"{Head}spec: {{ runtimes: {runtimes}, cluster: {cluster}, untrusted: {{ handler: r }} }}\n");

    [Theory]
    [InlineData("", "the document is empty")]
    [InlineData("# only a comment\n", "the document is empty")]
    [InlineData("just words", "must be a mapping")]
    [InlineData("- a\n- b\n", "must be a mapping")]
    [InlineData("a: b\n\tc: d\n", "cannot read this as YAML")]
    [InlineData("a: [b\n", "cannot read this as YAML")]
    [InlineData("a: \"b\n", "cannot read this as YAML")]
    [InlineData("a: b\0c: d", "control character U+0000")]
    [InlineData("kind: EdgeNode\nmetadata: {}\n", "is missing; it must be holdfast.dev/v1")]
    public void A_wrong_document_is_explained(string text, string words) =>
        Assert.Contains(Bad(text), e => e.Message.Contains(words, StringComparison.Ordinal));

    [Fact]
    public void A_second_document_is_refused() => Assert.Equal(4, Assert.Single(Bad($"{Head}---\n{Head}")).Line);

    [Fact]
    public void A_host_name_that_cannot_be_a_node_name_asks_for_one()
    {
        var result = NodeDocument.Parse(Head, "node.yaml", "my_host");
        Assert.Contains("my_host", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_work_where_they_are_reasonable() =>
        Assert.Equal(
            2,
            Good(
                $"{Head}spec:\n  host:\n    hosts:\n      - {{ address: 1.1.1.1, names: &n [a] }}\n      - {{ address: 1.1.1.2, names: *n }}\n"
            ).Host.Hosts.Count
        );

    [Fact]
    public void Errors_are_printed_as_compilers_do() =>
        Assert.Equal("node.yaml:3:7: a.b: wrong", new DocumentError(3, 7, "a.b", "wrong").ToString("node.yaml"));
}
