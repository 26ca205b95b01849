using System.Security.Cryptography;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>Archives in the exact layout of upstream's, made of what Debian's packages have. For one test at a time.</summary>
internal sealed class UpstreamArchive : IDisposable
{
    private static readonly string[] KataHypervisors = ["qemu", "clh", "fc", "acrn"];
    private readonly TemporaryDirectory directory = new("hfar");

    public void Dispose() => directory.Dispose();

    /// <summary><c>containerd-VERSION-linux-amd64.tar.gz</c>: programs below <c>bin</c>.</summary>
    public Task<string> ContainerdAsync() => ContainerdAsync("containerd-1.6.20-linux-amd64.tar.gz", "bin");

    /// <summary><c>cri-containerd-cni-VERSION-linux-amd64.tar.gz</c>: from the root, with a unit and a network.</summary>
    public async Task<string> CriContainerdAsync()
    {
        var top = Path.Join(directory.Path, "in");
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
        return await ContainerdAsync("cri-containerd-cni-1.6.20-linux-amd64.tar.gz", "usr/local/bin");
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

    private async Task<string> ContainerdAsync(string name, string programs)
    {
        var top = Path.Join(directory.Path, "in");
        Directory.CreateDirectory(Path.Join(top, programs));
        foreach (var program in new[] { "containerd", "ctr", "containerd-shim-runc-v2" })
        {
            File.Copy($"/usr/bin/{program}", Path.Join(top, programs, program));
        }
        return await PackAsync(name, top);
    }

    /// <returns>What a node document has as <c>install</c>.</returns>
    private async Task<string> PackAsync(string name, string top)
    {
        var archive = Path.Join(directory.Path, name);
        await PrivateNode.RunAsync("tar", "--auto-compress", "-cf", archive, "-C", top, ".");
        await using var file = File.OpenRead(archive);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
        return $"{{ archive: {{ url: \"file://{archive}\", sha256: \"{hash}\" }} }}";
    }
}
