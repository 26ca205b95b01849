using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Software.Packages;
using Microsoft.Extensions.Logging.Abstractions;
using NodeMachine = Holdfast.Changes.Machine;

namespace Holdfast.Machine.Tests.Software;

/// <summary>A root for apt and dpkg in a directory, with a repository of packages made here. For one test at a time.</summary>
internal sealed class PrivateApt : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-apt-").FullName;
    private readonly NodeMachine machine;

    public PrivateApt()
    {
        foreach (
            var directory in (string[])
                [
                    "repo",
                    "root/var/lib/dpkg/info",
                    "root/var/lib/dpkg/updates",
                    "root/var/lib/apt/lists/partial",
                    "root/var/cache/apt/archives/partial",
                    "root/var/log/apt",
                    "root/etc/apt/apt.conf.d",
                ]
        )
        {
            Directory.CreateDirectory(Path.Join(top, directory));
        }

        File.WriteAllText(Path.Join(Root, "var/lib/dpkg/status"), "");
        File.WriteAllText(Path.Join(Root, "etc/apt/sources.list"), $"deb [trusted=yes] file:{top}/repo ./\n");
        File.WriteAllText(
            Path.Join(top, "apt.conf"),
            $$"""
            Dir "{{Root}}";
            Dir::State::status "{{Root}}/var/lib/dpkg/status";
            Dir::Bin::methods "/usr/lib/apt/methods";
            Dir::Bin::dpkg "/usr/bin/dpkg";
            DPkg::Options { "--root={{Root}}"; };
            APT::Sandbox::User "root";

            """
        );
        var paths = new NodePaths(Path.Join(top, "node"));
        machine = new NodeMachine(
            paths,
            Root,
            new SupervisedServices(paths, [], TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            RunAsync
        );
    }

    /// <summary>What happens when the plan is made and apt is about to be asked to install.</summary>
    public Func<Task>? BeforeInstall { get; set; }

    /// <summary>What happens when apt has ended.</summary>
    public Action? AfterInstall { get; set; }

    public bool IsLocked =>
        FileStatus.Read(Path.Join(Root, "var/lib/dpkg/lock-frontend")) is { } status
        && File.ReadAllText("/proc/locks").Contains($":{status.Inode} ", StringComparison.Ordinal);

    private string Root => Path.Join(top, "root");

    public void Dispose() => Directory.Delete(top, recursive: true);

    /// <summary>Makes a package with one file, and tells apt of it.</summary>
    public async Task PublishAsync(string name, string version, string? depends = null, string? conflicts = null)
    {
        var source = Path.Join(top, "source", name);
        Directory.CreateDirectory(Path.Join(source, "DEBIAN"));
        Directory.CreateDirectory(Path.Join(source, "usr/share", name));
        File.WriteAllText(Path.Join(source, "usr/share", name, "file"), name);
        var control = $"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n";
        control += depends is null ? "" : $"Depends: {depends}\n";
        control += conflicts is null ? "" : $"Conflicts: {conflicts}\n";
        File.WriteAllText(Path.Join(source, "DEBIAN/control"), control);
        var file = Path.Join(top, $"repo/{name}_{version}_all.deb");
        await RequireAsync("dpkg-deb", "--build", source, file);
        var hash = await FileSnapshot.HashAsync(file, CancellationToken.None);
        File.AppendAllText(
            Path.Join(top, "repo/Packages"),
            $"{control}Filename: ./{Path.GetFileName(file)}\nSize: {new FileInfo(file).Length}\nSHA256: {hash}\n\n"
        );
        await AptGetAsync("update");
    }

    public Task AptGetAsync(params string[] arguments) =>
        RequireAsync("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=60", .. arguments]);

    public async Task<IReadOnlyList<string>> ListAsync()
    {
        var list = await Dpkg.ListAsync(machine, CancellationToken.None);
        return [.. list.Installed.Concat(list.ConfigurationLeft).Order(StringComparer.Ordinal)];
    }

    public async Task ApplyAsync(IStep step, Action<string>? told = null)
    {
        var heard = told is null ? null : new Heard(told);
        using var journal = await ChangeJournal.OpenAsync(machine.Paths, TimeProvider.System, CancellationToken.None);
        var plan = await NodePlan.MakeAsync([("all", step)], NodeKinds.All, machine, _ => true, CancellationToken.None);
        await new Applier(NodeKinds.All, machine, journal, heard).ApplyAsync(plan, CancellationToken.None);
    }

    public async Task<UndoResult> UndoAsync()
    {
        using var journal = await ChangeJournal.OpenAsync(machine.Paths, TimeProvider.System, CancellationToken.None);
        return await new Undoer(NodeKinds.All, machine, journal).UndoAllAsync(CancellationToken.None);
    }

    private async Task<ChildResult> RunAsync(
        ChildCommand command,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        var isInstall = command.ToString().Contains("Pre-Install-Pkgs", StringComparison.Ordinal);
        if (isInstall && BeforeInstall is { } before)
        {
            BeforeInstall = null;
            await before();
        }

        var result = await ChildProcess.RunAsync(Private(command), timeout, cancellationToken);
        if (isInstall)
        {
            AfterInstall?.Invoke();
        }

        return result;
    }

    private async Task RequireAsync(string program, params IReadOnlyList<string> arguments)
    {
        var command = new ChildCommand(program, [.. arguments])
        {
            Environment = new Dictionary<string, string?> { ["DEBIAN_FRONTEND"] = "noninteractive" },
        };
        var result = await ChildProcess.RunAsync(Private(command), Limit, CancellationToken.None);
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
    }

    private ChildCommand Private(ChildCommand command) =>
        command with
        {
            Environment = new Dictionary<string, string?>(command.Environment)
            {
                ["APT_CONFIG"] = Path.Join(top, "apt.conf"),
                ["DPKG_ADMINDIR"] = Path.Join(Root, "var/lib/dpkg"),
            },
        };

    private sealed class Heard(Action<string> told) : IProgress<StepProgress>
    {
        public void Report(StepProgress value)
        {
            if (value.Detail is { } detail)
            {
                told(detail);
            }
        }
    }
}
