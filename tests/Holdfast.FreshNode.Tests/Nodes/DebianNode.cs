using System.Diagnostics;
using System.Globalization;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests.Nodes;

/// <summary>What PID 1 of a node is.</summary>
internal enum NodeKind
{
    /// <summary>systemd, booted.</summary>
    Systemd,

    /// <summary>A stub that only reaps; the capability CAP_SYS_RESOURCE is missing.</summary>
    Bare,
}

/// <summary>
/// Debian with its own PID 1, network, cgroups and file tree on the kernel of the machine that runs the tests: boots in
/// seconds and costs nothing.
/// </summary>
internal sealed class DebianNode : NodeUnderTest
{
    /// <summary>
    /// Going down may take systemd's 90 seconds: a process 1 of a container that ignores SIGTERM is waited for.
    /// </summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(240);

    private readonly Process runner;
    private readonly NodeKind kind;
    private int leader;

    private DebianNode(string name, string directory, string address, NodeKind kind, Process runner)
        : base(name, directory, address)
    {
        this.kind = kind;
        this.runner = runner;
    }

    /// <summary>The node's PID 1 as this machine numbers it.</summary>
    public int Leader => leader;

    /// <summary>The node's <c>/</c> as this machine sees it.</summary>
    public string Root => Path.Join(Directory, "root");

    /// <summary>A booted node with a clone of the repository in <c>/root/holdfast</c>.</summary>
    public static async Task<DebianNode> StartAsync(
        NodeKind kind = NodeKind.Systemd,
        string release = BaseRoot.Bookworm
    )
    {
        var baseRoot = await BaseRoot.GetAsync(release);
        await NodeNetwork.EnsureAsync();
        var kubectl = await DebianPackage.KubectlAsync();
        var (name, directory) = NextPlace();
        var address = NodeNetwork.NextAddress();
        await OnHostAsync("cp", "-a", "--reflink=auto", baseRoot, Path.Join(directory, "root"));
        await File.WriteAllTextAsync(
            Path.Join(directory, "root/etc/act-as-machine"),
            $"{address}/24 {NodeNetwork.Gateway}\n"
        );
        await OnHostAsync("bash", BaseRoot.Script("copy-clone.sh"), Repository.Root, directory + "/root" + ClonePath);

        var process = Process.Start(
            new ProcessStartInfo(
                "bash",
                [
                    BaseRoot.Script("run-node.sh"),
                    name,
                    directory,
                    NodeNetwork.Bridge,
                    kind == NodeKind.Bare ? "bare" : "systemd",
                    kubectl,
                ]
            )
            {
                RedirectStandardInput = true,
                UseShellExecute = false,
            }
        )!;
        var node = new DebianNode(name, directory, address, kind, process);
        try
        {
            await node.WaitForBootAsync(0);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public override async Task<ChildResult> RunAsync(string script, TimeSpan? limit = null)
    {
        // The command first joins the node's cgroups: a daemon that it leaves behind then dies with the node.
        const string Join =
            "for c in /sys/fs/cgroup/*/$1/cgroup.procs; do echo $$ >$c; done 2>/dev/null; "
            + $"exec nsenter --target $2 --all --wdns=\"$3\" {CleanEnvironment} bash -c \"$4\"";
        return await ChildProcess.RunAsync(
            new ChildCommand(
                "sh",
                "-c",
                Join,
                "sh",
                Name,
                leader.ToString(CultureInfo.InvariantCulture),
                ClonePath,
                script
            ),
            limit ?? CommandLimit
        );
    }

    public override async Task RebootAsync()
    {
        var before = leader;
        await RunAsync("systemctl reboot");
        await WaitForBootAsync(before);
    }

    public override async ValueTask DisposeAsync()
    {
        runner.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await runner.WaitForExitAsync(limit.Token);
        runner.Dispose();
    }

    protected override async Task<string> ReadTreeAsync() =>
        (
            await RequiredCommand.RunAsync(
                "cannot read the node's files",
                new ChildCommand("bash", BaseRoot.Script("tree-state.sh"), Root),
                TimeSpan.FromMinutes(2)
            )
        ).StandardOutput;

    private async Task WaitForBootAsync(int before)
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < BootLimit)
        {
            if (runner.HasExited)
            {
                break;
            }

            leader = FindLeader();
            if (leader != 0 && leader != before && await IsBootedAsync())
            {
                return;
            }

            await Task.Delay(100);
        }

        var console = Path.Join(Directory, "console.log");
        Assert.Fail($"{Name} did not boot:\n{(File.Exists(console) ? await File.ReadAllTextAsync(console) : "")}");
    }

    private async Task<bool> IsBootedAsync()
    {
        if (kind == NodeKind.Bare)
        {
            return (
                await RunAsync("cd / && [ \"$(cat /proc/1/comm)\" != systemd-nspawn ] && act-as-machine")
            ).Succeeded;
        }

        var state = (await RunAsync("systemctl is-system-running")).StandardOutput.Trim();
        return state is "running" or "degraded";
    }

    private int FindLeader()
    {
        try
        {
            var nspawn = File.ReadAllText(Path.Join(Directory, "nspawn.pid")).Trim();
            var children = File.ReadAllText($"/proc/{nspawn}/task/{nspawn}/children").Trim();
            return int.TryParse(children, CultureInfo.InvariantCulture, out var pid) ? pid : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
