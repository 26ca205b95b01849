using System.Diagnostics;
using Holdfast.Linux;

namespace Holdfast.Benchmarks.Machine;

internal sealed class PrivateContainerd : IAsyncDisposable
{
    private const string Bridge = "hfbench0";
    private readonly string _root;
    private Process? _process;

    private PrivateContainerd(string root) => _root = root;

    public string Socket => Path.Join(_root, "containerd.sock");

    public static async Task<PrivateContainerd> StartAsync(string root, CancellationToken ct)
    {
        var containerd = new PrivateContainerd(root);
        Directory.CreateDirectory(Path.Join(root, "cni"));
        await File.WriteAllTextAsync(Path.Join(root, "cni/10-bench.conflist"), Network(root), ct);
        await File.WriteAllTextAsync(Path.Join(root, "config.toml"), containerd.Config(), ct);
        containerd._process = Process.Start(
            "/bin/sh",
            ["-c", "exec containerd -c \"$0/config.toml\" >\"$0/containerd.log\" 2>&1 </dev/null", root]
        );
        for (var i = 0; !File.Exists(containerd.Socket); i++)
        {
            if (i > 200)
                throw new TimeoutException(
                    "the private containerd did not start; see " + Path.Join(root, "containerd.log")
                );
            await Task.Delay(50, ct);
        }
        foreach (
            var (name, entrypoint) in new[] { ("pause", new[] { "/bin/sleep", "infinity" }), ("busybox", ["/bin/sh"]) }
        )
        {
            var file = Path.Join(root, name + ".tar");
            ImageArchive.Write(file, $"holdfast.local/{name}:1", entrypoint);
            var result = await ChildProcess.RunAsync(
                new ChildCommand("ctr", ["-a", containerd.Socket, "-n", "k8s.io", "images", "import", file]),
                TimeSpan.FromSeconds(60),
                ct
            );
            if (result.ExitCode != 0)
                throw new InvalidOperationException($"cannot import {name}: {result.StandardError}");
        }
        return containerd;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await ChildProcess.RunAsync(new ChildCommand("kill", [$"{_process.Id}"]), TimeSpan.FromSeconds(5), default);
            await _process.WaitForExitAsync();
        }
        await ChildProcess.RunAsync(
            new ChildCommand("ip", ["link", "delete", Bridge]),
            TimeSpan.FromSeconds(5),
            default
        );
    }

    private string Config() =>
        $$"""
            version = 2
            root = "{{_root}}/root"
            state = "{{_root}}/state"
            [grpc]
              address = "{{Socket}}"
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "holdfast.local/pause:1"
              restrict_oom_score_adj = true
              disable_apparmor = true
              stream_server_address = "127.0.0.1"
              stream_server_port = "0"
              [plugins."io.containerd.grpc.v1.cri".cni]
                bin_dir = "/usr/lib/cni"
                conf_dir = "{{_root}}/cni"
              [plugins."io.containerd.grpc.v1.cri".containerd]
                default_runtime_name = "runc"
                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                  runtime_type = "io.containerd.runc.v2"
            """;

    private static string Network(string root) =>
        $$"""
            {"cniVersion": "0.4.0", "name": "hfbench", "plugins": [
              {"type": "bridge", "bridge": "{{Bridge}}", "isGateway": true, "ipMasq": true, "promiscMode": true,
               "ipam": {"type": "host-local", "dataDir": "{{root}}/ipam", "routes": [{"dst": "0.0.0.0/0"}],
                        "ranges": [[{"subnet": "10.199.0.0/16"}]] } },
              {"type": "portmap", "capabilities": {"portMappings": true} }
            ] }
            """;
}
