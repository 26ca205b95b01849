using System.IO.Compression;

namespace Holdfast.Node.Doctor;

/// <summary>What the running kernel was built with.</summary>
/// <param name="ConfigFile">Where that was read; null when the kernel does not tell.</param>
/// <param name="Options">Of <see cref="KernelOption.All"/> those that are there, built in or as a module, without <c>CONFIG_</c>.</param>
/// <param name="CanLoadModules">False when the kernel has no modules at all or was told to load no more.</param>
public sealed record KernelFacts(string? ConfigFile, IReadOnlySet<string> Options, bool CanLoadModules)
{
    private const string Prefix = "CONFIG_";

    public static KernelFacts Unknown { get; } = new(null, new HashSet<string>(), CanLoadModules: true);

    /// <summary>Whether it is known to be missing.</summary>
    public bool Lacks(string option) => ConfigFile is not null && !Options.Contains(option);

    internal static async Task<KernelFacts> ReadAsync(
        Machine machine,
        string release,
        CancellationToken cancellationToken
    )
    {
        string[] files = ["/proc/config.gz", $"/boot/config-{release}", $"/lib/modules/{release}/config"];
        var options = new HashSet<string>();
        var config = files.FirstOrDefault(file => File.Exists(machine.At(file)));
        if (config is not null)
        {
            try
            {
                await ReadOptionsAsync(machine.At(config), options, cancellationToken);
            }
            catch (InvalidDataException)
            {
                // Not compressed as its name says: then nothing is known.
                config = null;
            }
        }

        var disabled = await machine.ReadTextAsync("/proc/sys/kernel/modules_disabled", cancellationToken);
        // A kernel without modules has neither the file nor the list.
        var hasModules = !machine.IsReal || File.Exists(machine.At("/proc/modules"));
        return new KernelFacts(config, options, hasModules && disabled?.Trim() != "1");
    }

    /// <summary>Lines are <c>CONFIG_VETH=m</c> or <c># CONFIG_VETH is not set</c>.</summary>
    private static async Task ReadOptionsAsync(
        string file,
        HashSet<string> options,
        CancellationToken cancellationToken
    )
    {
        await using var stream = File.OpenRead(file);
        await using var plain = file.EndsWith(".gz", StringComparison.Ordinal)
            ? (Stream)new GZipStream(stream, CompressionMode.Decompress)
            : stream;
        using var reader = new StreamReader(plain);
        var wanted = KernelOption.All.Select(option => option.Name).ToHashSet();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (
                equals > Prefix.Length
                && line.StartsWith(Prefix, StringComparison.Ordinal)
                && line.ElementAtOrDefault(equals + 1) is 'y' or 'm'
                && wanted.TryGetValue(line[Prefix.Length..equals], out var name)
            )
            {
                options.Add(name);
            }
        }
    }
}

/// <summary>Something that containers need of a kernel.</summary>
/// <param name="Name">Without <c>CONFIG_</c>.</param>
/// <param name="Purpose">What does not work without it.</param>
/// <param name="IsVital">No container at all runs without it.</param>
internal sealed record KernelOption(string Name, string Purpose, bool IsVital = false)
{
    /// <summary>From containerd's and moby's own lists of what to check.</summary>
    public static readonly IReadOnlyList<KernelOption> All =
    [
        new("NAMESPACES", "containers", IsVital: true),
        new("PID_NS", "containers", IsVital: true),
        new("NET_NS", "pod networks", IsVital: true),
        new("IPC_NS", "containers", IsVital: true),
        new("UTS_NS", "containers", IsVital: true),
        new("CGROUPS", "containers", IsVital: true),
        new("MEMCG", "memory limits"),
        new("CGROUP_PIDS", "limits of process numbers"),
        new("CGROUP_DEVICE", "device rules of cgroup version 1"),
        new("CGROUP_BPF", "device rules of cgroup version 2"),
        new("CFS_BANDWIDTH", "CPU limits"),
        new("CPUSETS", "CPU pinning"),
        new("POSIX_MQUEUE", "/dev/mqueue of containers"),
        new("SECCOMP_FILTER", "seccomp profiles"),
        new("OVERLAY_FS", "the overlayfs snapshotter"),
        new("VETH", "pod networks", IsVital: true),
        new("BRIDGE", "the bridge network", IsVital: true),
        new("BRIDGE_NETFILTER", "packet filtering between pods"),
        new("NF_NAT", "masquerading and port maps"),
        new("NETFILTER_XT_MATCH_COMMENT", "masquerading and port maps"),
        new("NETFILTER_XT_MATCH_ADDRTYPE", "port maps"),
        new("NETFILTER_XT_MATCH_CONNTRACK", "port maps"),
        new("NETFILTER_XT_MATCH_MULTIPORT", "port maps"),
    ];
}
