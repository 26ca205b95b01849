using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class ContainerdSoftwareTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    /// <summary>What the present archive brought goes with it, so it is no runc to count on.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Runc_of_an_archive_that_goes_is_replaced_by_the_package(bool isOurs, bool isWanted)
    {
        node.Write("/proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        node.Write("/proc/self/status", "Name:\tx\nCapEff:\t0\nCapBnd:\t0\n");
        node.Write("/sys/fs/cgroup/cgroup.controllers", "cpu\n");
        node.Write("/var/lib/x", "");
        if (isOurs)
        {
            node.Write("/opt/holdfast/containerd/1/sbin/runc", "");
            Directory.CreateDirectory(node.Machine.At("/usr/local/sbin"));
            File.CreateSymbolicLink(
                node.Machine.At("/usr/local/sbin/runc"),
                node.Machine.At("/opt/holdfast/containerd/1/sbin/runc")
            );
        }
        else
        {
            node.Write("/usr/local/sbin/runc", "");
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
        return ContainerdSoftware.For(spec.Runtimes, facts).OfType<Change>().Select(change => change.Id);
    }
}
