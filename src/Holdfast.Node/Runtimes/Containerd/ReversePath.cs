using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// rp_filter is set by distributions in files of their own (Ubuntu: <c>10-network-security.conf</c>), where people look
/// for it: the value is changed there, beside the line in our file. Pure.
/// </summary>
internal static class ReversePath
{
    public static IReadOnlyList<string> Parameters { get; } =
    ["net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/rp_filter"];

    /// <summary>
    /// One step for each file of <c>/etc</c> that says something of them, whatever it says: a file that was changed must go
    /// on being wanted, or the next plan would take that back.
    /// </summary>
    public static IEnumerable<IResource> Build(HostSpec host, MachineFacts facts)
    {
        var wanted = host
            .Sysctl.Select(pair => (Parameter: Sysctl.ToPath(pair.Key), pair.Value))
            .Where(pair => Parameters.Contains(pair.Parameter))
            .ToDictionary(pair => pair.Parameter, pair => pair.Value);
        return facts
            .SysctlFiles.ByProcps.Where(setting => IsChangedInPlace(setting) && wanted.ContainsKey(setting.Parameter))
            .GroupBy(setting => setting.File, setting => setting.Parameter)
            .Select(file => new SysctlFileResource(file.Key, file.Distinct().ToDictionary(p => p, p => wanted[p])));
    }

    /// <summary>Files outside of <c>/etc</c> belong to packages, whose next version would bring them back.</summary>
    public static bool IsChangedInPlace(SysctlSetting setting) =>
        Parameters.Contains(setting.Parameter)
        && setting.File != SysctlFiles.OwnFile
        && setting.File.StartsWith("/etc/", StringComparison.Ordinal);
}
