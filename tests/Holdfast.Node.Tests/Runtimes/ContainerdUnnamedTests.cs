using System.Text;
using Holdfast.Node.Toml;
using static Holdfast.Node.Tests.Runtimes.ContainerdKeysTests;

namespace Holdfast.Node.Tests.Runtimes;

/// <summary>Files of other people say things that the document does not name, or decides otherwise.</summary>
public sealed class ContainerdUnnamedTests
{
    private const string Cri = "io.containerd.grpc.v1.cri";

    /// <summary>As an administrator left it who moved the data to a larger disk.</summary>
    private const string Elsewhere = """
        version = 2
        root = "/data/containerd"
        state = "/run/elsewhere"
        [grpc]
          address = "/run/containerd/containerd.sock"
          max_recv_message_size = 16777216

        """;

    [Fact]
    public void Data_stays_where_the_file_has_it_unless_the_document_names_a_place()
    {
        var kept = Edited(Config("{ name: containerd }"), Elsewhere);
        Assert.Equal("/data/containerd", kept.Get("root"));
        Assert.Equal("/run/elsewhere", kept.Get("state"));
        Assert.Empty(Config("{ name: containerd }").FindFaults(kept.ToUtf8(), kept));

        var named = Config("{ name: containerd, rootDirectory: /var/lib/containerd, stateDirectory: /run/x }");
        Assert.Equal("/var/lib/containerd", Edited(named, Elsewhere).Get("root"));
        Assert.Equal("/run/x", Edited(named, Elsewhere).Get("state"));
    }

    [Fact]
    public void A_socket_in_another_place_is_not_moved_and_the_document_is_asked_for_it()
    {
        var moved = Elsewhere.Replace("/run/containerd/containerd.sock", "/run/c.sock", StringComparison.Ordinal);

        var refusal = Assert.Throws<NodeException>(() =>
            Config("{ name: containerd }").EditMain(Encoding.UTF8.GetBytes(moved))
        );
        var named = Edited(Config("{ name: containerd, socket: /run/c.sock }"), moved);

        Assert.Equal(NodeReason.NotSupported, refusal.Reason);
        Assert.Contains("socket: /run/c.sock", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("/run/c.sock", named.Get("grpc", "address"));
    }

    /// <summary>containerd 1.x prefers these tables to default_runtime_name and to a handler called untrusted.</summary>
    private const string OldTables = """
        version = 2
        [plugins]
          [plugins."io.containerd.grpc.v1.cri"]
            [plugins."io.containerd.grpc.v1.cri".containerd]
              no_pivot = true
              [plugins."io.containerd.grpc.v1.cri".containerd.default_runtime]
                runtime_type = "io.containerd.runtime.v1.linux" # old
                runtime_engine = "/usr/local/bin/runsc"
              [plugins."io.containerd.grpc.v1.cri".containerd.untrusted_workload_runtime]
                runtime_type = "io.containerd.kata.v2"

        """;

    [Fact]
    public void Old_tables_do_not_decide_what_the_document_decides()
    {
        var edited = Edited(Config("{ name: containerd }"), OldTables);
        Assert.Equal("", edited.Get("plugins", Cri, "containerd", "default_runtime", "runtime_type"));
        Assert.Equal(true, edited.Get("plugins", Cri, "containerd", "no_pivot"));
        // The document says nothing of untrusted pods, so the table of somebody else goes on serving them.
        Assert.Equal(
            "io.containerd.kata.v2",
            edited.Get("plugins", Cri, "containerd", "untrusted_workload_runtime", "runtime_type")
        );
        Assert.Contains(
            "default_runtime.runtime_type is \"io.containerd.runtime.v1.linux\"",
            string.Join(
                '\n',
                ContainerdKeysTests
                    .Config("{ name: containerd }")
                    .FindFaults(null, TomlDocument.Parse(OldTables, "dump"))
            ),
            StringComparison.Ordinal
        );

        var untrusted = Edited(
            Config("{ name: containerd, handlers: [{ name: runc }, { name: untrusted }] }"),
            OldTables
        );
        Assert.Equal("", untrusted.Get("plugins", Cri, "containerd", "untrusted_workload_runtime", "runtime_type"));
    }
}
