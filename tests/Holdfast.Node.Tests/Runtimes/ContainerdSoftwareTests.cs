using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Software;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class ContainerdSoftwareTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    /// <summary>What the present archive brought goes with it, so it is no runc to count on.</summary>
    [Theory]
    [InlineData("/usr/local/sbin/runc", true)]
    [InlineData(null, false)]
    public async Task Runc_of_an_archive_that_goes_is_replaced_by_the_package(string? unpacked, bool isWanted)
    {
        node.Write("/usr/local/sbin/runc", "");
        node.Write("/proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        node.Write("/proc/self/status", "Name:\tx\nCapEff:\t0\nCapBnd:\t0\n");
        node.Write("/sys/fs/cgroup/cgroup.controllers", "cpu\n");
        node.Write("/var/lib/x", "");
        if (unpacked is not null)
        {
            var entry = new ArchiveEntry(
                unpacked,
                ArchiveEntryKind.File,
                AtomicFile.DefaultMode,
                FileOwner.Root,
                0,
                DateTimeOffset.UnixEpoch
            );
            var manifest = new SoftwareManifest("containerd", "x", "cri-containerd-1.7.tar.gz", "x", [entry]);
            var path = SoftwareManifest.PathOf(node.Paths, "containerd");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, manifest.ToUtf8());
        }
        var read = await MachineFacts.ReadAsync(node.Machine, TemporaryMachine.Never);
        var facts = TestFacts.Usual with { HasApt = true, RuncProgram = read.RuncProgram };

        Assert.Equal(isWanted, Ids("containerd-2.1.4-linux-amd64.tar.gz", facts).Contains("apt:runc"));
        Assert.DoesNotContain("apt:runc", Ids("cri-containerd-1.7.28-linux-amd64.tar.gz", facts));
    }

    private static IEnumerable<string> Ids(string archive, MachineFacts facts)
    {
        var install = $"{{ archive: {{ url: \"http://h/{archive}\", sha256: \"{new string('a', 64)}\" }} }}";
        var spec = TestFacts.Document($"{{ runtimes: [{{ name: containerd, install: {install} }}] }}");
        return ContainerdSoftware.For(spec.Runtimes, facts).Select(resource => resource.Id);
    }
}
