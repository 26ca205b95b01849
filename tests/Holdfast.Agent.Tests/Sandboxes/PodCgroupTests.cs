using Holdfast.Agent.Sandboxes;
using Holdfast.Testing;

namespace Holdfast.Agent.Tests.Sandboxes;

/// <summary>What pods leave of their control groups; that slices end too is shown on a virtual machine.</summary>
public sealed class PodCgroupTests
{
    [Fact]
    public async Task What_is_above_the_pods_goes_when_no_process_is_left_in_it()
    {
        using var root = new TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Join(root.Path, "cgroup.controllers"), "memory\n");
        var pod = Directory.CreateDirectory(Path.Join(root.Path, "kubepods/burstable/poda")).FullName;
        var processes = Path.Join(pod, "cgroup.procs");
        await File.WriteAllTextAsync(processes, "4711\n");
        await PodCgroup.RemoveAllAsync(root.Path, CancellationToken.None);
        Assert.True(Directory.Exists(pod));

        // The kernel's own files are no obstacle to rmdir, those of this test are.
        File.Delete(processes);
        await PodCgroup.RemoveAllAsync(root.Path, CancellationToken.None);
        Assert.False(Directory.Exists(Path.Join(root.Path, "kubepods")));
    }
}
