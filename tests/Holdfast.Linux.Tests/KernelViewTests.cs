namespace Holdfast.Linux.Tests;

public sealed class KernelViewTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("holdfast-kernel-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("net.ipv4.ip_forward", "proc/sys/net/ipv4/ip_forward")]
    [InlineData("net/ipv4/ip_forward", "proc/sys/net/ipv4/ip_forward")]
    [InlineData("net/ipv4/conf/eth0.1/rp_filter", "proc/sys/net/ipv4/conf/eth0.1/rp_filter")]
    [InlineData("net.ipv4.conf.eth0/1.rp_filter", "proc/sys/net/ipv4/conf/eth0.1/rp_filter")]
    public void Parameter_is_found_by_either_way_of_writing_its_name(string name, string file)
    {
        Write(file, "0\n");
        var sysctl = new Sysctl(root);
        sysctl.Write(name, "12");
        Assert.Equal("12\n", File.ReadAllText(Path.Join(root, file)));
        Assert.Equal("12", sysctl.Read(name));
    }

    [Fact]
    public void Parameter_that_does_not_exist_is_null_and_cannot_be_made()
    {
        var sysctl = new Sysctl(root);
        Assert.Null(sysctl.Read("net.no.such"));
        Assert.Equal(
            LinuxReason.NotFound,
            Assert.Throws<LinuxException>(() => sysctl.Write("net.no.such", "1")).Reason
        );
        Assert.Throws<LinuxException>(() => sysctl.Read("net/../../../etc/passwd"));
    }

    [Fact]
    public void Hybrid_cgroups_have_controllers_in_version_1_and_a_unified_tree()
    {
        Write("sys/fs/cgroup/cpu,cpuacct/cgroup.procs", "");
        Write("sys/fs/cgroup/memory/cgroup.procs", "");
        Write("sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n");
        var cgroups = Cgroups.Read(root);
        Assert.Equal(CgroupMode.Hybrid, cgroups.Mode);
        Assert.Superset(new HashSet<string> { "cpu", "cpuacct", "memory", "hugetlb" }, cgroups.Controllers.ToHashSet());
        Assert.DoesNotContain("pids", cgroups.Controllers);
    }

    [Fact]
    public void Version_1_has_no_unified_tree()
    {
        Write("sys/fs/cgroup/memory/cgroup.procs", "");
        Assert.Equal(CgroupMode.V1, Cgroups.Read(root).Mode);
        Assert.Equal(CgroupMode.V1, Cgroups.Read(Path.Join(root, "nothing")).Mode);
    }

    [Fact]
    public void Unified_cgroups_name_their_controllers_in_a_file_whatever_else_is_mounted()
    {
        Write("proc/self/mountinfo", "27 1 0:24 / /mnt rw - cgroup none rw,net_cls\n");
        Write("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
        var cgroups = Cgroups.Read(root);
        Assert.Equal(CgroupMode.V2, cgroups.Mode);
        Assert.Equal(["cpu", "memory", "pids"], cgroups.Controllers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Mounts_are_read_with_blanks_in_their_names_and_listed_innermost_first()
    {
        Write(
            "proc/self/mountinfo",
            "1 0 8:1 / / rw - ext4 /dev/vda rw\n"
                + "2 1 0:5 / /var/lib/a\\040b rw,noatime shared:3 master:1 - tmpfs tmpfs rw,size=1k\n"
                + "3 2 0:6 / /var/lib/a\\040b/c rw - tmpfs tmpfs rw\n"
                + "4 1 0:7 / /var/lib/a\\040bc rw - tmpfs tmpfs rw\n"
        );
        var table = MountTable.Read(root);
        Assert.Equal("ext4", table.Find("/")!.Type);
        Assert.NotNull(table.Find("/var/lib/a b"));
        Assert.Equal(["/var/lib/a b/c", "/var/lib/a b"], table.Below("/var/lib/a b").Select(mount => mount.Target));
    }

    [Fact]
    public void Capabilities_are_bits_of_the_status_file()
    {
        Write("proc/self/status", "CapEff:\t0000000000000000\nCapBnd:\t000001fffeffffff\n");
        var capabilities = Capabilities.ReadBounding(root)!.Value;
        Assert.False(capabilities.Has(Capability.SysResource));
        Assert.True(capabilities.Has(Capability.SysAdmin));
    }

    [Theory]
    [InlineData("CapBnd:\n")]
    [InlineData("CapBnd:\tff ff\n")]
    [InlineData("")]
    public void Capabilities_that_the_kernel_does_not_tell_are_unknown(string status)
    {
        Assert.Null(Capabilities.ReadBounding(root));
        Write("proc/self/status", status);
        Assert.Null(Capabilities.ReadBounding(root));
    }

    [Fact]
    public void This_process_is_alive_and_another_with_its_number_would_not_be_it()
    {
        var self = ProcessTable.Identify(Environment.ProcessId)!;
        Assert.True(ProcessTable.IsAlive(self));
        Assert.False(ProcessTable.IsAlive(self with { StartTicks = self.StartTicks + 1 }));
        Assert.False(ProcessTable.IsAlive(self with { BootId = "another boot" }));
        Assert.False(ProcessTable.Signal(self with { StartTicks = 1 }, 0));
        Assert.Null(ProcessTable.Identify(int.MaxValue));
        var age = TimeProvider.System.GetUtcNow() - ProcessTable.StartedAt(self, TimeProvider.System);
        Assert.InRange(age, TimeSpan.Zero, TimeSpan.FromHours(1));
    }

    private void Write(string path, string content)
    {
        var at = Path.Join(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        File.WriteAllText(at, content);
    }
}
