using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Runtimes;

/// <summary>Who manages control groups on a node.</summary>
public enum CgroupDriver
{
    Cgroupfs,
    Systemd,
}

/// <summary>The one answer that every runtime of the node and the agent share.</summary>
public static class NodeCgroupDriver
{
    /// <summary>
    /// What the document says, else systemd's where systemd runs the machine and there is one unified tree. On hybrid
    /// machines runc with systemd's driver makes scopes that the version 1 controllers do not follow, so it is cgroupfs.
    /// </summary>
    /// <exception cref="NodeException">NotSupported: the document wants systemd's driver where systemd is not the init.</exception>
    public static CgroupDriver Resolve(EdgeNodeSpec spec, MachineFacts facts)
    {
        var said = spec.Runtimes.Select(r => r.CgroupDriver).FirstOrDefault(d => d != CgroupDriverChoice.Auto);
        if (said == CgroupDriverChoice.Systemd && !facts.IsSystemd)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                "cannot use cgroupDriver: systemd: this machine's PID 1 is not systemd; use cgroupDriver: auto"
            );
        }
        return said switch
        {
            CgroupDriverChoice.Systemd => CgroupDriver.Systemd,
            CgroupDriverChoice.Cgroupfs => CgroupDriver.Cgroupfs,
            _ => facts.IsSystemd && facts.Cgroups == CgroupMode.V2 ? CgroupDriver.Systemd : CgroupDriver.Cgroupfs,
        };
    }
}
