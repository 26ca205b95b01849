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
/// A Debian machine nobody has touched, with its own PID 1, network, cgroups and file tree; gone when disposed, also when
/// the test process is killed. Commands run inside as root. Not thread-safe, except that commands may overlap.
/// </summary>
internal sealed partial class DebianNode : IAsyncDisposable
{
    private const string ClonePath = "/root/holdfast";

    /// <summary>
    /// Going down may take systemd's 90 seconds: a process 1 of a container that ignores SIGTERM is waited for.
    /// </summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(240);
    private static int count;

    private readonly Process runner;
    private readonly NodeKind kind;
    private int leader;

    private DebianNode(string name, string directory, string address, NodeKind kind, Process runner)
    {
        Name = name;
        Directory = directory;
        Address = address;
        this.kind = kind;
        this.runner = runner;
    }

    /// <summary>Also its host name.</summary>
    public string Name { get; }

    public string Address { get; }

    /// <summary>The node's <c>/</c> as this machine sees it.</summary>
    public string Root => Path.Join(Directory, "root");

    private string Directory { get; }

    /// <summary>A booted node with a clone of the repository in <c>/root/holdfast</c>.</summary>
    public static async Task<DebianNode> StartAsync(NodeKind kind = NodeKind.Systemd)
    {
        var baseRoot = await BaseRoot.GetAsync();
        await NodeNetwork.EnsureAsync();
        var kubectl = await DebianPackage.KubectlAsync();
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"hf{Environment.ProcessId}-{Interlocked.Increment(ref count)}"
        );
        var directory = Path.Join("/var/tmp/holdfast-fresh-nodes", name);
        var address = NodeNetwork.NextAddress();
        System.IO.Directory.CreateDirectory(directory);
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

    /// <summary>Runs a shell script in the node, in the clone; any exit code is a result.</summary>
    public async Task<ChildResult> RunAsync(string script, TimeSpan? limit = null)
    {
        // The command first joins the node's cgroups: a daemon that it leaves behind then dies with the node.
        const string Join =
            "for c in /sys/fs/cgroup/*/$1/cgroup.procs; do echo $$ >$c; done 2>/dev/null; "
            + "exec nsenter --target $2 --all --wdns=\"$3\" env -i HOME=/root LANG=C.UTF-8 USER=root "
            + "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -c \"$4\"";
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
            limit ?? TimeSpan.FromMinutes(3)
        );
    }

    /// <summary>As <see cref="RunAsync"/>, but fails the test with everything that was said when the exit code is not 0.</summary>
    public async Task<string> RequireAsync(string script, TimeSpan? limit = null)
    {
        var result = await RunAsync(script, limit);
        if (!result.Succeeded)
        {
            Assert.Fail(
                $"in {Name}: {script}\nexit code {result.ExitCode}\n{result.StandardOutput}\n{result.StandardError}"
            );
        }

        return result.StandardOutput;
    }

    /// <summary>Repeats a script until it succeeds.</summary>
    public async Task<string> WaitUntilAsync(string script, TimeSpan limit)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var result = await RunAsync(script);
            if (result.Succeeded)
            {
                return result.StandardOutput;
            }

            if (since.Elapsed > limit)
            {
                Assert.Fail(
                    $"in {Name}, not within {limit.TotalSeconds} s: {script}\n{result.StandardOutput}\n{result.StandardError}"
                );
            }

            await Task.Delay(200);
        }
    }

    /// <summary>An orderly reboot; returns when the node is up again.</summary>
    public async Task RebootAsync()
    {
        var before = leader;
        await RunAsync("systemctl reboot");
        await WaitForBootAsync(before);
    }

    public async ValueTask DisposeAsync()
    {
        runner.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await runner.WaitForExitAsync(limit.Token);
        runner.Dispose();
    }

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

    private static Task OnHostAsync(string program, params string[] arguments) =>
        ChildProcess.RequireAsync(
            "cannot make a fresh node",
            new ChildCommand(program, arguments),
            TimeSpan.FromMinutes(2)
        );
}
