using System.Diagnostics;
using Holdfast.Cri;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Facts;
using Holdfast.Node.Probe;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Runtimes.Kata;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>
/// A node whose containerd, network and state lie in a directory of its own, made by the same components as a real one.
/// For one test at a time.
/// </summary>
internal sealed class PrivateNode : IAsyncDisposable
{
    private const string Bridge = "hfnr0";
    private readonly string directory = Directory.CreateTempSubdirectory("hfn").FullName;

    /// <summary>What the node document has as <c>install</c>; a change counts from the next <see cref="Parse"/> on.</summary>
    public string Install { get; set; }

    /// <summary>Further fields of the runtime, on one line; a change counts from the next <see cref="Parse"/> on.</summary>
    public string More { get; set; } = "";

    /// <param name="hasOwnSoftware">
    /// What is installed goes below a root of the test's own, in which everything else is the machine's.
    /// </param>
    public PrivateNode(
        string handlers = "{ name: runc }, { name: again }",
        string install = "{ present: {} }",
        bool hasOwnSoftware = false
    )
    {
        Install = install;
        FilesRoot = hasOwnSoftware ? MakeRoot() : "/";
        Services = new RealContainerds(directory) { ProgramRoot = hasOwnSoftware ? FilesRoot : "" };
        Machine = new global::Holdfast.Changes.Machine(
            new NodePaths(Path.Join(directory, "node")),
            FilesRoot,
            Services,
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        Spec = Parse(handlers);
        Directory.CreateDirectory(Path.Join(directory, "net.d"));
        File.WriteAllText(
            Path.Join(directory, "net.d", "10-test.conflist"),
            $$"""
            { "cniVersion": "0.4.0", "name": "hfnr", "plugins": [ { "type": "bridge", "bridge": "{{Bridge}}",
              "isGateway": true, "ipMasq": false, "ipam": { "type": "host-local", "dataDir": "{{directory}}/ipam",
              "ranges": [[{ "subnet": "10.213.77.0/24" }]] } } ] }
            """
        );
    }

    public string FilesRoot { get; }
    public RealContainerds Services { get; }
    public global::Holdfast.Changes.Machine Machine { get; }
    public EdgeNodeSpec Spec { get; private set; }
    public string ConfigFile => Path.Join(directory, "etc", "config.toml");
    public string Socket => Path.Join(directory, "c.sock");

    public ProbeOptions ProbeOptions => new() { PodLogsDirectory = Machine.Paths.PodLogsDirectory };

    public EdgeNodeSpec Parse(string handlers)
    {
        var result = NodeDocument.Parse(
            $$"""
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            spec:
              runtimes:
                - name: private
                  install: {{Install}}
                  configFile: {{ConfigFile}}
                  socket: {{Socket}}
                  rootDirectory: {{directory}}/root
                  stateDirectory: {{directory}}/state
                  {{More}}
                  handlers: [{{handlers}}]
            """,
            "node.yaml",
            "host1"
        );
        Assert.Empty(result.Errors);
        return Spec = result.Spec!;
    }

    public async Task<NodePlan> PlanAsync()
    {
        var facts = await MachineFacts.ReadAsync(Machine, CancellationToken.None);
        // The real machine's systemd must not hear of this node.
        facts = facts with
        {
            IsSystemd = false,
        };
        var component = new ContainerdComponent { CniConfigDirectory = Path.Join(directory, "net.d") };
        return await new Planner([new KataComponent(), component]).PlanAsync(
            Spec,
            facts,
            Machine,
            CancellationToken.None
        );
    }

    public async Task<ApplyResult> ApplyAsync()
    {
        using var journal = await ChangeJournal.OpenAsync(Machine.Paths, TimeProvider.System, CancellationToken.None);
        return await new Applier(NodeKinds.All, Machine, journal).ApplyAsync(await PlanAsync(), CancellationToken.None);
    }

    public async Task<UndoResult> UndoAsync()
    {
        using var journal = await ChangeJournal.OpenAsync(Machine.Paths, TimeProvider.System, CancellationToken.None);
        return await new Undoer(NodeKinds.All, Machine, journal).UndoAllAsync(CancellationToken.None);
    }

    public RuntimeSet Connect() =>
        new([
            new RuntimeEndpoint(
                new RuntimeEndpointOptions("private", Socket)
                {
                    Handlers = [.. Spec.Runtimes[0].Handlers.Select(h => h.Name)],
                },
                TimeProvider.System,
                NullLoggerFactory.Instance
            ),
        ]);

    private string MakeRoot()
    {
        var root = Path.Join(directory, "files");
        Directory.CreateDirectory(Path.Join(root, "usr"));
        foreach (var shared in new[] { "tmp", "proc", "sys", "etc", "var", "usr/bin", "usr/sbin", "usr/lib" })
        {
            File.CreateSymbolicLink(Path.Join(root, shared), $"/{shared}");
        }
        return root;
    }

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Socket))
        {
            await using var set = Connect();
            try
            {
                var all = await set.Default.ListPodSandboxAsync(new(), CancellationToken.None);
                foreach (var sandbox in all.Items)
                {
                    await set.Default.StopPodSandboxAsync(new() { PodSandboxId = sandbox.Id }, CancellationToken.None);
                    await set.Default.RemovePodSandboxAsync(
                        new() { PodSandboxId = sandbox.Id },
                        CancellationToken.None
                    );
                }
            }
            catch (CriException)
            {
                // It does not run any more.
            }
        }
        await Services.DisposeAsync();
        _ = await RunAsync("/bin/sh", "-c", $"ip link del {Bridge} 2>/dev/null; true");
        foreach (
            var mount in MountTable
                .Read()
                .Mounts.Where(m => m.Target.StartsWith(directory, StringComparison.Ordinal))
                .Reverse()
        )
        {
            _ = await RunAsync("umount", mount.Target);
        }
        Directory.Delete(directory, recursive: true);
    }
}
