namespace Holdfast.Linux.Tests;

/// <summary>What pods leave of their control groups; that slices end too is shown on a virtual machine.</summary>
public sealed class CgroupTreeTests
{
    [Fact]
    public async Task What_is_above_the_pods_goes_when_no_process_is_left_in_it()
    {
        var root = Directory.CreateTempSubdirectory("hfc").FullName;
        await File.WriteAllTextAsync(Path.Join(root, "cgroup.controllers"), "memory\n");
        var pod = Directory.CreateDirectory(Path.Join(root, "kubepods/burstable/poda")).FullName;
        var processes = Path.Join(pod, "cgroup.procs");
        await File.WriteAllTextAsync(processes, "4711\n");
        await CgroupTree.RemovePodTreesAsync(root, CancellationToken.None);
        Assert.True(Directory.Exists(pod));
        Assert.Equal([4711], CgroupTree.ListPodProcesses(root));

        // The kernel's own files are no obstacle to rmdir, those of this test are.
        File.Delete(processes);
        await CgroupTree.RemovePodTreesAsync(root, CancellationToken.None);
        Assert.False(Directory.Exists(Path.Join(root, "kubepods")));
        Directory.Delete(root, recursive: true);
    }
}
