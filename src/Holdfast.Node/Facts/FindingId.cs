namespace Holdfast.Node.Facts;

/// <summary>Names of the findings. Scripts and docs/troubleshooting.md use them: a name never changes its meaning.</summary>
public static class FindingId
{
    public const string NotRoot = "not-root";
    public const string Architecture = "architecture";
    public const string NotSystemd = "not-systemd";
    public const string CgroupControllers = "cgroup-controllers";
    public const string NoSysResource = "no-sys-resource";
    public const string LowDisk = "low-disk";
    public const string LowMemory = "low-memory";
    public const string PortInUse = "port-in-use";
    public const string OtherAgent = "other-agent";
    public const string Docker = "docker";
    public const string CniMissing = "cni-missing";
    public const string CniEarlierNetwork = "cni-earlier-network";
    public const string RuntimeMissing = "runtime-missing";
    public const string NoApt = "no-apt";
}
