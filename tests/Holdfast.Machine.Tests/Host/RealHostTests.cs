using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Holdfast.Machine.Tests.Host;

/// <summary>What facts say of this machine, beside what its own programs say.</summary>
public sealed class RealHostTests : IDisposable
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Programs that are asked take 50 ms of it; a machine of two busy cores gets as much again.</summary>
    private static readonly TimeSpan FactsBudget = TimeSpan.FromMilliseconds(400);

    private readonly TemporaryDirectory top = new();
    private readonly ITestOutputHelper output;
    private readonly global::Holdfast.Changes.Machine machine;

    public RealHostTests(ITestOutputHelper output)
    {
        this.output = output;
        var paths = new NodePaths(top.Path);
        machine = new global::Holdfast.Changes.Machine(
            paths,
            "/",
            new SupervisedServices(paths, [], TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }

    public void Dispose() => top.Dispose();

    /// <summary>procps itself reads the files, in a mount namespace where the directories are the test's.</summary>
    [Fact]
    public async Task Files_of_kernel_parameters_are_in_the_order_of_procps_and_systemd()
    {
        Write("etc/50-a.conf", "kernel.panic = 1\n");
        Write("etc/99-zz-holdfast.conf", "kernel.panic = 4\nkernel.panic_on_oops = 0\n");
        Write("etc/a.txt", "kernel.panic = 8\n");
        Write("usr/60-b.conf", "kernel.panic=2\n");
        Write("usr/50-a.conf", "kernel.panic=9\n");
        Write("run/sysctl.d/99-zzz.conf", "-kernel.panic=3\n");
        Write("sysctl.conf", "kernel/panic_on_oops=1\n");
        File.CreateSymbolicLink(Path.Join(top.Path, "etc/99-sysctl.conf"), "../sysctl.conf");
        const string script = """
            cd "$1"
            mount --bind etc /etc/sysctl.d && mount --bind usr /usr/lib/sysctl.d && mount --bind sysctl.conf /etc/sysctl.conf
            mount --bind run /run
            mkdir -p "$1/seen" && cp -a /etc/sysctl.d /etc/sysctl.conf "$1/seen"
            sysctl --system --dry-run
            echo ---
            /lib/systemd/systemd-sysctl --cat-config
            """;
        var answer = await RequireAsync("unshare", "-m", "sh", "-c", script, "sh", top.Path);
        var (procps, systemd) = (answer.Split("---\n")[0], answer.Split("---\n")[1]);

        // The same files where this room looks for them.
        Directory.CreateDirectory(Path.Join(top.Path, "machine/usr/lib"));
        Directory.Move(Path.Join(top.Path, "seen"), Path.Join(top.Path, "machine/etc"));
        Directory.Move(Path.Join(top.Path, "usr"), Path.Join(top.Path, "machine/usr/lib/sysctl.d"));
        Directory.Move(Path.Join(top.Path, "run"), Path.Join(top.Path, "machine/run"));
        var files = await SysctlFiles.ReadAsync(At(Path.Join(top.Path, "machine")), CancellationToken.None);

        const string link = "/etc/sysctl.d/99-sysctl.conf";
        Assert.Equal(
            Lines(procps, "* Applying ").Select(line => line.Replace(" ...", "").Replace(link, "/etc/sysctl.conf")),
            FilesOf(files.ByProcps)
        );
        Assert.Equal(
            Lines(systemd, "# ").Select(line => line.Replace(link, "/etc/sysctl.conf")),
            FilesOf(files.AtBoot)
        );
        Assert.Equal(Lines(procps, "kernel.panic = ").Last(), LastOf(files.ByProcps, "kernel/panic"));
        Assert.Equal(Lines(procps, "kernel.panic_on_oops = ").Last(), LastOf(files.ByProcps, "kernel/panic_on_oops"));
        Assert.Equal("/run/sysctl.d/99-zzz.conf", files.FindOverride("kernel.panic", "4")!.File);
        Assert.Equal("/etc/sysctl.conf", files.FindOverride("kernel.panic_on_oops", "0")!.File);
    }

    [Fact]
    public void Hypervisor_of_this_kernel_answers_or_is_said_to_be_absent()
    {
        Assert.Equal(KvmAnswer.Absent, Kvm.Ask("/dev/no-such-device"));
        // A device that is no hypervisor: the call is refused.
        Assert.Equal(KvmAnswer.Failed, Kvm.Ask("/dev/null"));
        Assert.Equal(File.Exists(Kvm.Device), Kvm.Ask() != KvmAnswer.Absent);
    }

    [Fact]
    public void Kernel_tells_of_its_clock() => Assert.NotNull(KernelClock.IsSynchronised());

    [Fact]
    public async Task Room_is_what_df_says()
    {
        var df = await RequireAsync("df", "-B1", "--output=avail,itotal,iavail", "/var/lib");
        var numbers = df.Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).ToArray();
        var space = FileSystemSpace.Read("/var/lib")!;
        Assert.InRange(space.FreeBytes, numbers[0] - (1L << 30), numbers[0] + (1L << 30));
        Assert.Equal(numbers[1], space.Inodes);
        Assert.InRange(space.FreeInodes, numbers[2] - 10_000, numbers[2] + 10_000);
        Assert.Null(FileSystemSpace.Read("/no/such/directory"));
    }

    [Fact]
    public async Task Networks_are_those_that_ip_shows()
    {
        var network = await HostNetworkFacts.ReadAsync(machine, CancellationToken.None);
        var links = JsonNode.Parse(await RequireAsync("ip", "-j", "-4", "address"))!.AsArray();
        var addresses = links
            .SelectMany(link => link!["addr_info"]?.AsArray() ?? [])
            .Select(address => IPAddress.Parse((string)address!["local"]!));
        Assert.Superset(network.Addresses.ToHashSet(), network.Addresses.Intersect(addresses).ToHashSet());
        Assert.Contains(IPAddress.Loopback, network.Addresses);

        var routes = JsonNode.Parse(await RequireAsync("ip", "-j", "-4", "route"))!.AsArray();
        foreach (var route in routes.Where(route => (string)route!["dst"]! == "default"))
        {
            Assert.Contains(IPAddress.Parse((string)route!["gateway"]!), network.DefaultGateways);
        }
    }

    [Fact]
    public async Task Real_plugins_say_which_versions_they_know()
    {
        var facts = await MachineFacts.ReadAsync(machine, CancellationToken.None);
        Assert.Equal(CniPlugin.Needed, facts.CniPlugins.Select(plugin => plugin.Name));
        Assert.All(
            facts.CniPlugins.Where(plugin => plugin.Name != CniPlugin.Loopback),
            plugin =>
            {
                Assert.Null(plugin.Problem);
                Assert.Contains("0.4.0", plugin.Versions);
            }
        );
    }

    [Fact]
    public async Task Plugin_that_is_no_program_or_answers_nonsense_is_named()
    {
        Write("cni/bridge", "#!/bin/sh\necho nonsense\n");
        Write("cni/host-local", "#!/bin/sh\necho broken >&2; exit 7\n");
        Write("cni/portmap", "\u007fELF nonsense");
        foreach (var plugin in (string[])["bridge", "host-local", "portmap"])
        {
            File.SetUnixFileMode(Path.Join(top.Path, "cni", plugin), AtomicFile.DefaultMode | UnixFileMode.UserExecute);
        }

        var plugins = await CniPlugin.AskAllAsync(machine, Path.Join(top.Path, "cni"), CancellationToken.None);

        Assert.Equal(["bridge", "host-local", "portmap"], plugins.Select(plugin => plugin.Name));
        Assert.All(plugins, plugin => Assert.NotNull(plugin.Problem));
        Assert.Contains("broken", plugins[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Facts_are_read_in_a_part_of_the_time_of_an_up_without_changes()
    {
        await MachineSurvey.ReadAsync(machine, NodeDocument.Default("n").Spec!, CancellationToken.None);
        var times = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await MachineSurvey.ReadAsync(machine, NodeDocument.Default("n").Spec!, CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(start));
        }

        output.WriteLine(string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms")));
        Assert.InRange(times.Min(), TimeSpan.Zero, FactsBudget);
    }

    private global::Holdfast.Changes.Machine At(string root) =>
        new(machine.Paths, root, machine.Services, TimeProvider.System, NullLoggerFactory.Instance);

    private void Write(string path, string content)
    {
        var at = Path.Join(top.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        File.WriteAllText(at, content);
    }

    private static IEnumerable<string> Lines(string text, string start) =>
        text.Split('\n')
            .Where(line => line.StartsWith(start, StringComparison.Ordinal))
            .Select(line => line[start.Length..]);

    private static IEnumerable<string> FilesOf(IReadOnlyList<SysctlSetting> settings) =>
        settings
            .Select(setting => setting.File)
            .Aggregate(new List<string>(), (files, file) => files.LastOrDefault() == file ? files : [.. files, file]);

    private static string LastOf(IReadOnlyList<SysctlSetting> settings, string parameter) =>
        settings.Last(setting => setting.Parameter == parameter).Value;

    private static async Task<string> RequireAsync(string program, params string[] arguments) =>
        (
            await RequiredCommand.RunAsync("cannot ask", new ChildCommand(program, arguments), CommandTimeout)
        ).StandardOutput;
}
