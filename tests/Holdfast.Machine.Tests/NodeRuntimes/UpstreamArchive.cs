using System.Security.Cryptography;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>Archives in the exact layout of upstream's, made of what Debian's packages have. Made once each. For one test at a time.</summary>
public sealed class UpstreamArchive : IDisposable
{
    private static readonly string[] KataHypervisors = ["qemu", "clh", "fc", "acrn"];
    private readonly TemporaryDirectory directory = new("hfar");
    private readonly Dictionary<string, string> containerds = [];

    public void Dispose() => directory.Dispose();

    /// <summary><c>containerd-VERSION-linux-amd64.tar.gz</c>: programs below <c>bin</c>.</summary>
    /// <param name="line">Which of <see cref="Containerds"/>.</param>
    public async Task<string> ContainerdAsync(string line = Containerds.V1_6) =>
        containerds.TryGetValue(line, out var made)
            ? made
            : containerds[line] = await ContainerdAsync($"containerd-{line}-linux-amd64.tar.gz", "bin", line);

    /// <summary><c>cri-containerd-cni-VERSION-linux-amd64.tar.gz</c>: from the root, with a unit and a network.</summary>
    public async Task<string> CriContainerdAsync()
    {
        var top = Path.Join(directory.Path, $"cri-{Containerds.V1_6}");
        foreach (
            var (file, text) in new[]
            {
                ("etc/systemd/system/containerd.service", "[Service]\nExecStart=/usr/local/bin/containerd\n"),
                ("etc/cni/net.d/10-containerd-net.conflist", "{}"),
                ("etc/crictl.yaml", "runtime-endpoint: unix:///run/containerd/containerd.sock\n"),
                ("opt/cni/bin/bridge", "not this one"),
                ("usr/local/sbin/runc", "#!/bin/sh\nexec /usr/sbin/runc \"$@\"\n"),
            }
        )
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(top, file))!);
            await File.WriteAllTextAsync(Path.Join(top, file), text);
        }
        return await ContainerdAsync("cri-containerd-cni-1.6.20-linux-amd64.tar.gz", "usr/local/bin", Containerds.V1_6);
    }

    /// <summary>
    /// <c>kata-static-VERSION-x86_64.tar.xz</c> as of 2.3.3, or <c>.tar.zst</c> as of today, with runc's shim under the name
    /// of Kata's.
    /// </summary>
    public async Task<string> KataAsync(string version, string ending)
    {
        var kata = Path.Join(directory.Path, $"kata-{version}", "opt/kata");
        var defaults = Path.Join(kata, "share/defaults/kata-containers");
        Directory.CreateDirectory(Path.Join(kata, "bin"));
        Directory.CreateDirectory(defaults);
        File.Copy("/usr/bin/containerd-shim-runc-v2", Path.Join(kata, "bin/containerd-shim-kata-v2"));
        await File.WriteAllTextAsync(Path.Join(kata, "VERSION"), version + "\n");
        foreach (var name in KataHypervisors)
        {
            await File.WriteAllTextAsync(
                Path.Join(defaults, $"configuration-{name}.toml"),
                $"# {version}\n[hypervisor.{name}]\nenable_annotations = []\n"
            );
        }
        File.CreateSymbolicLink(Path.Join(defaults, "configuration.toml"), "configuration-qemu.toml");
        return await PackAsync($"kata-static-{version}-amd64{ending}", Path.Join(directory.Path, $"kata-{version}"));
    }

    private async Task<string> ContainerdAsync(string name, string programs, string line)
    {
        var top = Path.Join(directory.Path, name.StartsWith("cri-", StringComparison.Ordinal) ? $"cri-{line}" : line);
        var source = await Containerds.FindAsync(line);
        Directory.CreateDirectory(Path.Join(top, programs));
        foreach (var program in new[] { "containerd", "ctr", "containerd-shim-runc-v2" })
        {
            File.Copy(Path.Join(source, program), Path.Join(top, programs, program));
        }
        return await PackAsync(name, top);
    }

    /// <returns>What a node document has as <c>install</c>.</returns>
    private async Task<string> PackAsync(string name, string top)
    {
        var archive = Path.Join(directory.Path, name);
        var compressor = name.EndsWith("gz", StringComparison.Ordinal) ? "--use-compress-program=gzip -1" : "-a";
        await PrivateNode.RunAsync("tar", compressor, "-cf", archive, "-C", top, ".");
        await using var file = File.OpenRead(archive);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
        return $"{{ archive: {{ url: \"file://{archive}\", sha256: \"{hash}\" }} }}";
    }
}
