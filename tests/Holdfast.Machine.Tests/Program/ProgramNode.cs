using Holdfast.Linux;
using Holdfast.Machine.Tests.Hub;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>
/// The published program as the daemon of a private node, over private containerds, with the real kubectl. Disposing of
/// it leaves nothing behind. For one test at a time.
/// </summary>
internal sealed class ProgramNode : IAsyncDisposable
{
    private static readonly TimeSpan VerbLimit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory directory = new("hfp");
    private readonly IReadOnlyList<PrivateContainerd> containerds;
    private DaemonProcess? daemon;

    private ProgramNode(IReadOnlyList<PrivateContainerd> containerds, string kubectl)
    {
        this.containerds = containerds;
        Paths = new NodePaths(directory["node"]);
        Kubectl = new Kubectl(kubectl, Paths);
    }

    public NodePaths Paths { get; }

    public Kubectl Kubectl { get; }

    public IReadOnlyList<PrivateContainerd> Containerds => containerds;

    private string Document => directory["node.yaml"];

    private string LogPath => directory["daemon.log"];

    /// <summary>Starts one containerd per set of options, and the daemon over them; the first handlers are runc's.</summary>
    /// <param name="extra">What follows in the document's spec, for example who is untrusted.</param>
    public static async Task<ProgramNode> StartAsync(string extra, params PrivateContainerdOptions[] runtimes)
    {
        var started = new List<PrivateContainerd>();
        var node = new ProgramNode(started, await DebianPackage.KubectlAsync());
        try
        {
            foreach (var options in runtimes)
            {
                started.Add(await PrivateContainerd.StartAsync(options));
            }

            await File.WriteAllTextAsync(node.Document, node.DocumentText(runtimes, extra));
            await node.StartDaemonAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the daemon (again) and waits until the node is Ready.</summary>
    /// <param name="arguments">Further ones of the verb <c>agent</c>.</param>
    public async Task StartDaemonAsync(params string[] arguments)
    {
        daemon = DaemonProcess.Start(
            LogPath,
            "env",
            [$"HOLDFAST_FAULT={Fault}", Program, "agent", "--root", Paths.Root, "-f", Document, .. arguments]
        );
        await Eventually.IsTrueAsync(
            "the node is Ready",
            async () =>
            {
                Assert.True(daemon.IsRunning, $"the daemon ended:\n{daemon.LogTail()}");
                var answer = await Kubectl.TryAsync("get", "node", "k8s-node01", "--no-headers");
                return answer.StandardOutput.Contains(" Ready ", StringComparison.Ordinal);
            }
        );
    }

    /// <summary>Changes the document; the daemon reads it at its next start.</summary>
    public async Task EditDocumentAsync(Func<string, string> edit) =>
        await File.WriteAllTextAsync(Document, edit(await File.ReadAllTextAsync(Document)));

    /// <summary>Where the daemon that is started next kills itself; "" for nowhere.</summary>
    public string Fault { get; set; } = "";

    /// <summary>Waits until the daemon has come to its <see cref="Fault"/>.</summary>
    public Task WhenDaemonEndsAsync() => Eventually.IsTrueAsync("the daemon has ended", () => !daemon!.IsRunning);

    public Task KillDaemonAsync() => daemon!.KillAsync();

    /// <summary>Runs a verb of the program against this node.</summary>
    public Task<string> RunAsync(params string[] verb) => RunAsync(0, verb);

    /// <summary>As the other, where another exit code than 0 is meant.</summary>
    public async Task<string> RunAsync(int exitCode, params string[] verb)
    {
        var command = new ChildCommand(Program, [.. verb, "--root", Paths.Root, "-f", Document]);
        var result = await ChildProcess.RunAsync(command, VerbLimit);
        Assert.True(result.ExitCode == exitCode, $"{verb[0]}: {result.ExitCode}\n{result.StandardError}");
        return result.StandardOutput;
    }

    /// <summary>Applies a manifest that a test wrote.</summary>
    public async Task ApplyAsync(string manifest)
    {
        var file = directory["manifest.yaml"];
        await File.WriteAllTextAsync(file, manifest);
        await Kubectl.RunAsync("apply", "-f", file);
    }

    public async ValueTask DisposeAsync()
    {
        if (daemon is not null)
        {
            // While the daemon runs it takes down the pods as it does for people: volumes, networks and cgroups too.
            await Kubectl.TryAsync("delete", "deployments,pods", "--all", "--timeout=30s");
            await daemon.DisposeAsync();
        }

        foreach (var containerd in containerds)
        {
            await containerd.DisposeAsync();
        }

        foreach (var mount in MountTable.Read().Below(directory.Path).Reverse().ToList())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        directory.Dispose();
    }

    internal static string Program
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Join(at.FullName, "Holdfast.slnx")))
            {
                at = at.Parent ?? throw new InvalidOperationException("cannot find the clone above the test's program");
            }

            var program = Path.Join(at.FullName, ".build/bin/holdfast");
            Assert.True(File.Exists(program), $"{program} is missing: run ./holdfast version once");
            return program;
        }
    }

    private string DocumentText(PrivateContainerdOptions[] runtimes, string extra) =>
        $$"""
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            metadata: { name: k8s-node01, labels: { disktype: k8s-node01 } }
            spec:
              runtimes:
            {{string.Concat(runtimes.Select((options, index) => RuntimeText(options, containerds[index])))}}{{extra}}

            """;

    private static string RuntimeText(PrivateContainerdOptions options, PrivateContainerd containerd) =>
        $$"""
                - name: {{options.Name}}
                  kind: containerd
                  install: { present: {} }
                  cgroupDriver: cgroupfs
                  socket: {{containerd.SocketPath}}
                  handlers: [{{string.Join(", ", options.Handlers.Select(name => $"{{ name: {name}, kind: runc }}"))}}]

            """;
}
