using System.Diagnostics;
using Holdfast.Linux;

namespace Holdfast.Benchmarks.Measuring;

/// <summary>
/// The same steps as an Ansible play on a node that <c>up</c> has made: what an operator without Holdfast would run again and
/// again. Debian's ansible, local connection, nothing to change.
/// </summary>
internal static class AnsiblePlay
{
    private const int Times = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly (string Name, string Path)[] Files =
    [
        ("modules.conf", "/etc/modules-load.d/holdfast.conf"),
        ("network.conflist", "/etc/cni/net.d/10-holdfast.conflist"),
        ("config.toml", "/etc/containerd/config.toml"),
    ];

    /// <exception cref="InvalidOperationException">The play failed, or found something to change.</exception>
    public static async Task<Samples> MeasureAsync(CancellationToken ct)
    {
        var directory = Directory.CreateTempSubdirectory("hfansible-").FullName;
        try
        {
            foreach (var (name, path) in Files)
                File.Copy(path, Path.Join(directory, name));
            // Programs of other versions call it differently.
            var kernelParameters = Directory.GetFiles("/etc/sysctl.d", "*holdfast.conf").Single();
            var times = new Samples();
            for (var i = 0; i < Times; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await RunAsync(directory, kernelParameters, ct);
                times.Add(Stopwatch.GetElapsedTime(started));
            }
            return times;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RunAsync(string files, string kernelParameters, CancellationToken ct)
    {
        var play = Path.Join(AppContext.BaseDirectory, "Ansible/node.yaml");
        var command = new ChildCommand(
            "ansible-playbook",
            ["-i", "localhost,", "-c", "local", "-e", $"files={files} kernel_parameters={kernelParameters}", play]
        )
        {
            Environment = new Dictionary<string, string?> { ["HOME"] = files, ["ANSIBLE_NOCOLOR"] = "1" },
        };
        var result = await ChildProcess.RunAsync(command, Limit, ct);
        if (!result.Succeeded || !result.StandardOutput.Contains("changed=0", StringComparison.Ordinal))
            throw new InvalidOperationException(
                $"the play was not one without changes:\n{result.StandardOutput}{result.StandardError}"
            );
    }
}
