using System.Diagnostics;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests.Nodes;

/// <summary>
/// Debian with a kernel of its own, under QEMU: what the kernel of the machine that runs the tests decides for every
/// <see cref="DebianNode"/> (swap, modules, the unified control group tree, devices) is here as on a machine out in the
/// field. Everything is emulated, so a command takes ten times as long.
/// </summary>
internal sealed class VirtualMachine : NodeUnderTest
{
    /// <summary>An empty disk of 128 MB.</summary>
    public const string SpareDisk = "/dev/vdc";

    /// <summary>Ten seconds when nothing else runs; up to two minutes beside other tests.</summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(5);

    /// <summary>Installed files that only packages write: see <c>tree-state.sh</c>.</summary>
    private const string PackagedFiles = @"\./(usr/(bin|games|include|lib|lib64|libexec|sbin|share)|boot)/.*";

    private readonly Process runner;
    private readonly string key;
    private string bootId = "";

    private VirtualMachine(string name, string directory, string address, Process runner, string key)
        : base(name, directory, address)
    {
        this.runner = runner;
        this.key = key;
    }

    /// <summary>A booted machine.</summary>
    public static async Task<VirtualMachine> StartAsync()
    {
        var baseDirectory = await BaseRoot.GetForVirtualMachineAsync();
        await NodeNetwork.EnsureAsync();
        var (name, directory) = NextPlace();
        var address = NodeNetwork.NextAddress();
        await OnHostAsync("cp", "--sparse=always", "--reflink=auto", baseDirectory + "/disk.ext4", directory);
        await OnHostAsync(
            "bash",
            BaseRoot.Script("make-clone-disk.sh"),
            Repository.Root,
            await DebianPackage.KubectlAsync(),
            directory + "/clone.ext4"
        );
        await OnHostAsync("truncate", "-s", "128M", directory + "/spare.img");
        var process = Process.Start(
            new ProcessStartInfo(
                "bash",
                [
                    BaseRoot.Script("run-vm.sh"),
                    name,
                    directory,
                    NodeNetwork.Bridge,
                    address,
                    NodeNetwork.Gateway,
                    baseDirectory,
                ]
            )
            {
                RedirectStandardInput = true,
                UseShellExecute = false,
            }
        )!;
        var machine = new VirtualMachine(name, directory, address, process, baseDirectory + "/key");
        try
        {
            await machine.WaitForBootAsync();
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    public override Task<ChildResult> RunAsync(string script, TimeSpan? limit = null) =>
        ChildProcess.RunAsync(
            new ChildCommand(
                "ssh",
                "-q",
                "-F",
                "none",
                "-i",
                key,
                "-o",
                "BatchMode=yes",
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "ConnectTimeout=10",
                // One connection for all commands: each new one would cost a second of emulated cryptography.
                "-o",
                "ControlMaster=auto",
                "-o",
                $"ControlPath={Directory}/ssh",
                "-o",
                "ControlPersist=yes",
                // When QEMU is gone, the connection ends by itself.
                "-o",
                "ServerAliveInterval=15",
                $"root@{Address}",
                $"cd {ClonePath}; exec {CleanEnvironment} bash -c {Quote(script)}"
            ),
            limit ?? CommandLimit
        );

    public override async Task RebootAsync()
    {
        await RunAsync("systemctl reboot");
        await DisconnectAsync();
        await WaitForBootAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        runner.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await runner.WaitForExitAsync(limit.Token);
        runner.Dispose();
    }

    protected override async Task<string> ReadTreeAsync()
    {
        var script = await File.ReadAllTextAsync(BaseRoot.Script("tree-state.sh"));
        return await RequireAsync($"bash -c {Quote(script)} tree-state.sh / {Quote(PackagedFiles)}");
    }

    private Task DisconnectAsync() =>
        ChildProcess.RunAsync(
            new ChildCommand("ssh", "-q", "-F", "none", "-o", $"ControlPath={Directory}/ssh", "-O", "exit", Address),
            TimeSpan.FromSeconds(10)
        );

    private async Task WaitForBootAsync()
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < BootLimit && !runner.HasExited)
        {
            // A boot has an id of its own: the machine that answers may be the one that is still going down.
            var answer = await RunAsync(
                $"cat /proc/sys/kernel/random/boot_id && ! grep -qx '{bootId}' /proc/sys/kernel/random/boot_id "
                    + "&& systemctl is-system-running --wait",
                BootLimit
            );
            if (answer.StandardOutput.Split('\n') is [var id, "running" or "degraded", ..])
            {
                bootId = id;
                return;
            }

            await Task.Delay(200);
        }

        var logs = (string[])["qemu.log", "console.log"];
        var told = logs.Select(log => Path.Join(Directory, log)).Where(File.Exists).Select(File.ReadAllText);
        Assert.Fail($"{Name} did not boot:\n{string.Join('\n', told)}");
    }

    /// <summary>For a shell: within single quotes nothing but a single quote has a meaning.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
