using Holdfast.Changes.Files;
using Holdfast.Changes.Kernel;
using Holdfast.Changes.Services;
using Holdfast.Linux;

namespace Holdfast.Changes.Tests.Services;

public sealed class SystemdServicesTests
{
    private readonly List<string> commands = [];
    private string show = "";
    private int exitCode;

    [Theory]
    [InlineData("loaded", "active", "enabled", true, true, true)]
    [InlineData("loaded", "inactive", "disabled", true, false, false)]
    [InlineData("not-found", "inactive", "", false, false, false)]
    [InlineData("loaded", "failed", "static", true, false, false)]
    [InlineData("loaded", "inactive", "indirect", true, false, false)]
    [InlineData("not-found", "active", "", true, false, true)]
    [InlineData("masked", "inactive", "masked", true, false, false)]
    public async Task Status_is_read_from_the_properties_of_the_unit(
        string load,
        string active,
        string file,
        bool isKnown,
        bool isEnabled,
        bool isRunning
    )
    {
        var processId = isRunning ? Environment.ProcessId : 0;
        show =
            $"LoadState={load}\nActiveState={active}\nUnitFileState={file}\nMainPID={processId}\nNeedDaemonReload=no\n";
        var status = await Services().StatusAsync("x", CancellationToken.None);
        Assert.Equal((isKnown, isEnabled, isRunning), (status.IsKnown, status.IsEnabled, status.IsRunning));
        Assert.Equal(isRunning, status.StartedAt is not null);
    }

    [Fact]
    public async Task Unit_that_was_just_written_is_read_before_it_is_started()
    {
        show =
            "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nMainPID=0\nNeedDaemonReload=no\nWantedBy=multi-user.target\n";
        await Services().StartAsync(new ServiceDefinition("x", "x", ["/bin/x"]), CancellationToken.None);
        Assert.Equal(
            ["daemon-reload", "reset-failed x.service", "enable x.service", "start x.service"],
            commands.Where(command => !command.StartsWith("show", StringComparison.Ordinal))
        );
    }

    /// <summary>"static" says that it cannot be enabled, not that anything starts it.</summary>
    [Fact]
    public async Task Unit_that_cannot_be_enabled_is_wanted_by_the_boot_target()
    {
        show =
            "LoadState=loaded\nActiveState=inactive\nUnitFileState=static\nMainPID=0\nNeedDaemonReload=no\nWantedBy=\n";
        await Services().StartAsync(new ServiceDefinition("x", "x", ["/bin/x"]), CancellationToken.None);
        Assert.Contains("add-wants multi-user.target x.service", commands);
    }

    [Fact]
    public async Task A_service_whose_unit_file_is_gone_is_stopped_and_not_disabled()
    {
        show = "LoadState=not-found\nActiveState=active\nUnitFileState=\nMainPID=1\nNeedDaemonReload=no\n";
        await Services().StopAsync("x", stop: true, disable: true, CancellationToken.None);
        Assert.Contains("stop x.service", commands);
        Assert.DoesNotContain("disable x.service", commands);
    }

    [Fact]
    public async Task A_service_that_systemd_does_not_know_is_not_stopped()
    {
        show = "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nMainPID=0\nNeedDaemonReload=no\n";
        await Services().StopAsync("x", stop: true, disable: true, CancellationToken.None);
        Assert.All(commands, command => Assert.StartsWith("show", command, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Failed_start_quotes_the_journal()
    {
        show = "LoadState=loaded\nActiveState=inactive\nUnitFileState=\nMainPID=0\nNeedDaemonReload=no\n";
        exitCode = 1;
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            Services().RestartKnownAsync("containerd", CancellationToken.None)
        );
        Assert.StartsWith(
            "cannot restart containerd: invalid plugin config",
            failure.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Unit_has_what_keeps_pods_alive_and_escapes_its_arguments()
    {
        var unit = SystemdUnit.Render(
            new ServiceDefinition(
                "second",
                "Second containerd",
                ["/usr/bin/containerd", "--config", "/etc/a b/100%.toml"]
            )
            {
                After = ["network"],
                Environment = new Dictionary<string, string> { ["A"] = "x y $HOME 5%" },
            }
        );
        Assert.Contains(
            "\nExecStart=/usr/bin/containerd --config \"/etc/a b/100%%.toml\"\n",
            unit,
            StringComparison.Ordinal
        );
        Assert.Contains("\nEnvironment=\"A=x y $HOME 5%%\"\nRestart=always\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nKillMode=process\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nTimeoutStopSec=90\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nDelegate=yes\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nAfter=network-online.target network.service\n", unit, StringComparison.Ordinal);
        Assert.EndsWith("WantedBy=multi-user.target\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public void Systemctl_without_systemd_as_the_init_is_not_systemd()
    {
        var root = Directory.CreateTempSubdirectory("holdfast-init-").FullName;
        Directory.CreateDirectory(Path.Join(root, "run/systemd/system"));
        Directory.CreateDirectory(Path.Join(root, "proc/1"));
        File.WriteAllText(Path.Join(root, "proc/1/comm"), "tini\n");
        Assert.False(SystemdServices.IsInit(root));
        File.WriteAllText(Path.Join(root, "proc/1/comm"), "systemd\n");
        Assert.True(SystemdServices.IsInit(root));
        Directory.Delete(Path.Join(root, "run/systemd/system"));
        Assert.False(SystemdServices.IsInit(root));
        Directory.Delete(root, recursive: true);
    }

    private SystemdServices Services() =>
        new(
            TimeProvider.System,
            (command, _, _) =>
            {
                if (command.FileName == "journalctl")
                {
                    return Task.FromResult(new ChildResult(0, "invalid plugin config\n", ""));
                }

                var verb = string.Join(' ', command.Arguments.Skip(2));
                commands.Add(verb);
                return Task.FromResult(
                    verb.StartsWith("show", StringComparison.Ordinal)
                        ? new ChildResult(0, show, "")
                        : new ChildResult(exitCode, "", "Job failed")
                );
            }
        );
}
