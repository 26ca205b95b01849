using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Software;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Testing.Crasher;

/// <summary>
/// A node in a directory with one of every kind of change that needs no network: files of all sorts, a kernel parameter,
/// the hosts file, a program, and a real service under a real supervisor. Used by a test and by the processes it kills.
/// </summary>
public sealed class NodeScenario
{
    public const string ServiceName = "sleeper";
    private readonly string files;
    private readonly string serverFile;

    public NodeScenario(string root)
    {
        serverFile = Path.Join(root, "server");
        files = Path.Join(root, "files");
        Paths = new NodePaths(Path.Join(root, "node"));
        Services = new SupervisedServices(Paths, SuperviseCommand(Paths.ServicesDirectory), TimeProvider.System);
        Machine = new Machine(Paths, files, Services, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public NodePaths Paths { get; }

    public Machine Machine { get; }

    public SupervisedServices Services { get; }

    /// <summary>This assembly as a program: usable from the test's own process too.</summary>
    public static IReadOnlyList<string> ChildCommand =>
        [DotnetPath, "exec", Path.Join(AppContext.BaseDirectory, "Holdfast.Testing.Crasher.dll")];

    private static string DotnetPath =>
        Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "/usr/bin/dotnet";

    /// <summary>Makes the machine as it was before Holdfast ever came.</summary>
    public void MakeOriginal()
    {
        Write("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 edge # no line feed at the end");
        Write("etc/fstab", "UUID=1 / ext4 defaults 0 1\nUUID=2\tnone swap sw 0 0\n");
        Write("etc/containerd/config.toml", "# by hand\n[plugins]\n");
        File.SetUnixFileMode(Path.Join(files, "etc/containerd/config.toml"), UnixFileMode.UserRead);
        Write("etc/sysctl.d/10-network-security.conf", "# by Ubuntu\nnet.ipv4.conf.all.rp_filter=2\n");
        Write("usr/local/bin/tool", new string('o', 200_000));
        Write("proc/sys/net/ipv4/ip_forward", "0\n");
        Write("program", new string('n', 150_000));
        Write("usr/local/bin/shim", "by hand");
        MakeArchive(1);
        MakeArchive(2);
    }

    /// <summary>The version of the archive that is wanted; 2 is an upgrade of 1.</summary>
    public int Version { get; set; } = 1;

    public async Task<ApplyResult> UpAsync()
    {
        using var journal = await ChangeJournal.OpenAsync(Paths, TimeProvider.System, CancellationToken.None);
        return await new Applier(NodeKinds.All, Machine, journal).ApplyAsync(await PlanAsync(), CancellationToken.None);
    }

    /// <summary>An upgrade that does not stand its proof; with nothing to upgrade, what a killed one left.</summary>
    public async Task UpgradeAndRollBackAsync()
    {
        using var journal = await ChangeJournal.OpenAsync(Paths, TimeProvider.System, CancellationToken.None);
        Version = 2;
        await new Applier(NodeKinds.All, Machine, journal).ApplyAsync(await PlanAsync(), CancellationToken.None);
        await new Undoer(NodeKinds.All, Machine, journal).RollBackAsync(CancellationToken.None);
        Version = 1;
    }

    public async Task<UndoResult> UndoAsync()
    {
        using var journal = await ChangeJournal.OpenAsync(Paths, TimeProvider.System, CancellationToken.None);
        return await new Undoer(NodeKinds.All, Machine, journal).UndoAllAsync(CancellationToken.None);
    }

    public Task<NodePlan> PlanAsync() =>
        NodePlan.MakeAsync(
            BuildSteps().Select(step => ("all", step)),
            NodeKinds.All,
            Machine,
            _ => true,
            CancellationToken.None
        );

    /// <summary>
    /// A tar with a file that replaces one, a new one in new directories, and a link. The second version lacks one file of
    /// the first and has one more.
    /// </summary>
    private void MakeArchive(int version)
    {
        using var file = File.Create(ArchivePath(version));
        using var writer = new TarWriter(file, TarEntryFormat.Gnu);
        foreach (var name in (string[])["bin/shim", version == 1 ? "share/deep/image" : "share/other"])
        {
            var entry = new GnuTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(new string((char)('0' + version), 70_000))),
                ModificationTime = DateTimeOffset.UnixEpoch,
            };
            writer.WriteEntry(entry);
        }

        writer.WriteEntry(
            new GnuTarEntry(TarEntryType.SymbolicLink, "bin/alias")
            {
                LinkName = "shim",
                ModificationTime = DateTimeOffset.UnixEpoch,
            }
        );
    }

    /// <summary>From now on the archive is fetched from there, also by other processes of this scenario.</summary>
    public void FetchFrom(Uri server) => File.WriteAllText(serverFile, server.ToString());

    public string ArchivePath(int version) => Path.Join(files, $"archive-{version}.tar");

    private ArchiveSpec Archive =>
        new()
        {
            Url = File.Exists(serverFile)
                ? new Uri(new Uri(File.ReadAllText(serverFile)), $"archive-{Version}.tar")
                : new Uri($"file://{ArchivePath(Version)}"),
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(ArchivePath(Version)))),
        };

    private IEnumerable<IStep> BuildSteps()
    {
        // An armed fault point is meant for the process that applies, not for the supervisor that it starts.
        var service = new ServiceDefinition(ServiceName, "sleeps", ["/bin/sleep", "86400"])
        {
            Environment = new Dictionary<string, string> { ["HOLDFAST_FAULT"] = "" },
        };
        return
        [
            new ExecutableChange(Path.Join(files, "program"), "/usr/local/bin/tool"),
            new LinkChange("/usr/local/sbin/tool", "/usr/local/bin/tool"),
            new SoftwareChange(
                new SoftwareSpec("shim", Archive)
                {
                    Links =
                    [
                        new SoftwareLink("/opt/shim", ""),
                        new SoftwareLink("/usr/local/bin/shim-v2", "bin/shim"),
                        new SoftwareLink("/usr/local/bin/other", "share/other"),
                    ],
                }
            ),
            FstabSwap.Change(),
            HostsFile.Change(["192.168.44.140 k8s-master"]),
            new SysctlChange("net.ipv4.ip_forward", "1"),
            new FileChange("/etc/cni/net.d/deep/10.conflist", "{}\n"),
            new FileChange("/etc/cni/net.d/11.conflist", "{}\n") { Mode = AtomicFile.SecretMode },
            new FileChange("/etc/containerd/config.toml", "new = true\n") { Mode = AtomicFile.DefaultMode },
            new ServiceChange(service, ["/etc/containerd/config.toml"]),
        ];
    }

    private static IReadOnlyList<string> SuperviseCommand(string directory) =>
        [.. ChildCommand, "supervise", directory];

    private void Write(string path, string content)
    {
        var at = Path.Join(files, path);
        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        File.WriteAllText(at, content);
    }
}
