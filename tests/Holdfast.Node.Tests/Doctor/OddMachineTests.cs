using System.Text;
using CsCheck;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Doctor;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

/// <summary>Whatever the files of a machine contain, it is read, checked, and no verb ends with an internal error.</summary>
public sealed class OddMachineTests : IDisposable
{
    private const int Runs = 200;

    /// <summary>The files that facts are read from, with contents as they usually are.</summary>
    private static readonly (string Path, byte[] Usual)[] Files =
    [
        Text("/proc/self/status", "Name:\tx\nCapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n"),
        Text(
            "/proc/self/mountinfo",
            "1 0 8:1 / / rw,noatime shared:1 - ext4 /dev/vda rw\n2 1 0:5 / /var rw - overlay o rw\n"
        ),
        Text("/proc/sys/kernel/hostname", "edge-1\n"),
        Text("/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n"),
        Text("/proc/sys/kernel/modules_disabled", "0\n"),
        Text("/proc/meminfo", "MemTotal:       1024 kB\n"),
        Text("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n"),
        Text("/proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx lm sse4_1\n"),
        Text("/proc/filesystems", "nodev\toverlay\n\text4\n"),
        Text(
            "/proc/net/route",
            "Iface\tDestination\tGateway\nlo\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
        ),
        Text("/proc/net/fib_trie", "Main:\n     |-- 192.0.2.2\n        /32 host LOCAL\n"),
        Text("/proc/net/tcp", "  sl  local\n 0: 0100007F:1D13 00000000:0000 0A 0:0 00:0 0 0 0 77 1 0 100\n"),
        Text("/boot/config-6.1.0-13-amd64", "CONFIG_VETH=m\n# CONFIG_BRIDGE is not set\nCONFIG_CGROUPS=y\n"),
        Text("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n"),
        Text("/sys/class/net/cni0/bridge/x", ""),
        Text("/sys/module/kvm_intel/parameters/nested", "Y\n"),
        Text("/run/systemd/container", "lxc\n"),
        Text("/run/systemd/generator/dev-sda2.swap", "[Unit]\nSourcePath=/etc/fstab\n"),
        Text("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian\"\n"),
        Text("/etc/hostname", "# name\nedge-1\n"),
        Text("/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 edge-1\n::1 ip6\n"),
        Text("/etc/resolv.conf", "nameserver 192.0.2.53\nsearch x\n"),
        Text("/etc/nsswitch.conf", "hosts: files myhostname dns\n"),
        Text("/etc/sysctl.conf", "net.ipv4.ip_forward = 0\n"),
        Text("/etc/sysctl.d/99-z.conf", "-net/ipv4/conf/all/rp_filter=2\n"),
        Text("/etc/cni/net.d/05-a.conf", "{\"name\":\"a\",\"type\":\"bridge\",\"ipam\":{\"subnet\":\"10.0.0.0/8\"}}"),
        Text(
            "/etc/cni/net.d/06-b.conflist",
            "{\"name\":\"b\",\"plugins\":[{\"type\":\"bridge\",\"ipam\":{\"ranges\":[[{\"subnet\":\"10.1.0.0/16\"}]]}}]}"
        ),
        Text("/usr/lib/cni/bridge", ""),
        Text("/var/lib/x", ""),
    ];

    private static readonly EdgeNodeSpec[] Documents =
    [
        TestFacts.Document(),
        TestFacts.Document(
            "{ cluster: { kubernetes: {} }, host: { hosts: [{ address: 127.0.1.1, names: [a, edge-1] }], sysctl: { net.ipv4.ip_forward: 1 } } }"
        ),
        TestFacts.Document(
            "{ runtimes: [{ name: containerd, handlers: [{ name: runc }, { name: kata, runtimeType: io.containerd.kata.v2 }] }], network: { bridge: { subnet: 192.168.7.0/28 } } }"
        ),
    ];

    /// <summary>Which file, what becomes of it, where, and with what.</summary>
    private static readonly Gen<(int File, int Kind, int At, byte[] Bytes)[]> Edits = Gen.Select(
        Gen.Int[0, Files.Length - 1],
        Gen.Int[0, 4],
        Gen.Int[0, 200],
        Gen.OneOf<byte[]>(
            Gen.Byte.Array[0, 60],
            Gen.OneOf<string>(
                    "=",
                    "\0",
                    "\n",
                    "\n\n=\n",
                    " ",
                    "-",
                    "/",
                    "99999999999999999999",
                    "{",
                    "[]",
                    "0x",
                    "::",
                    "CONFIG_VETH="
                )
                .Select(Encoding.ASCII.GetBytes)
        ),
        (file, kind, at, bytes) => (file, kind, at, bytes)
    ).Array[1, 20];

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public Task Any_content_of_any_file_is_read_and_checked() =>
        Gen.Select(Edits, Gen.String[0, 40], (edits, version) => (edits, version))
            .SampleAsync(
                async odd =>
                {
                    node.Answer("containerd --version", odd.version);
                    Write(odd.edits);
                    var survey = await ReadAsync();
                    Assert.Empty(survey.Unread);
                    Assert.Empty(survey.Facts.Unread);
                    AssertChecked(survey);
                },
                iter: Runs,
                threads: 1
            );

    /// <summary>Contents that ended a verb once.</summary>
    [Theory]
    [InlineData("/boot/config-6.1.0-13-amd64", "CONFIG_VETH=")]
    [InlineData("/proc/config.gz", "CONFIG_VETH=y")]
    [InlineData("/proc/net/tcp", "sl\n 0: 0100007F:ports 00000000:0000 0A 0:0 00:0 0 0 0 77 1 0 100\n")]
    [InlineData("/proc/self/mountinfo", "x 0 8:1 / / rw - ext4 /dev/vda rw\n")]
    [InlineData("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 low\n")]
    [InlineData("/proc/self/status", "CapBnd:\tall\n")]
    [InlineData("/etc/cni/net.d/05-a.conf", "{\"name\":\"a\",\"name\":\"b\"}")]
    public async Task Content_that_makes_no_sense_is_no_failure(string path, string content)
    {
        Write([]);
        File.WriteAllText(node.Machine.At(path), content);
        var survey = await ReadAsync();
        Assert.Empty(survey.Unread);
        Assert.Empty(survey.Facts.Unread);
        AssertChecked(survey);
    }

    [Fact]
    public async Task Directory_in_the_place_of_a_file_keeps_nothing_else_from_being_read()
    {
        foreach (var (path, _) in Files)
        {
            Write([]);
            File.Delete(node.Machine.At(path));
            Directory.CreateDirectory(Path.Join(node.Machine.At(path), "x"));
            AssertChecked(await ReadAsync());
            Directory.Delete(node.Machine.At(path), recursive: true);
        }
    }

    [Fact]
    public async Task Part_that_cannot_be_read_is_a_finding_and_an_error_where_the_plan_rests_on_it()
    {
        Directory.CreateDirectory(node.Machine.At("/etc/os-release"));
        Directory.CreateDirectory(node.Machine.At("/etc/hosts"));
        var findings = Preflight
            .Check(await ReadAsync(), Documents[0])
            .Where(finding => finding.Id == "fact-unread")
            .ToArray();
        Assert.Contains(
            findings,
            finding => finding is { Severity: PreflightSeverity.Error } && finding.What.Contains("the distribution")
        );
        Assert.Contains(
            findings,
            finding =>
                finding is { Severity: PreflightSeverity.Warning }
                && finding.What.Contains("names: cannot read /etc/hosts")
        );
    }

    private static void AssertChecked(MachineSurvey survey) =>
        Assert.All(
            Documents,
            document =>
                Assert.DoesNotContain(Preflight.Check(survey, document), finding => finding.Id == "check-failed")
        );

    private Task<MachineSurvey> ReadAsync() =>
        MachineSurvey.ReadAsync(node.Machine, Documents[2], TemporaryMachine.Never);

    private void Write((int File, int Kind, int At, byte[] Bytes)[] edits)
    {
        foreach (var (path, usual) in Files)
        {
            var at = node.Machine.At(path);
            Directory.CreateDirectory(Path.GetDirectoryName(at)!);
            File.WriteAllBytes(at, usual);
        }

        foreach (var (file, kind, place, bytes) in edits)
        {
            var (path, usual) = Files[file];
            var at = place % (usual.Length + 1);
            byte[] content = kind switch
            {
                0 => bytes,
                1 => [.. usual[..at], .. bytes, .. usual[at..]],
                2 => [.. usual[..at], .. bytes],
                3 => usual[..at],
                _ => [.. usual, .. bytes, .. usual],
            };
            File.WriteAllBytes(node.Machine.At(path), content);
        }
    }

    private static (string, byte[]) Text(string path, string content) => (path, Encoding.UTF8.GetBytes(content));
}
