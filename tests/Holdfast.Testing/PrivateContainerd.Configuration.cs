using System.Globalization;
using System.Text;
using Holdfast.Linux;

namespace Holdfast.Testing;

public sealed partial class PrivateContainerd
{
    private void WriteConfiguration()
    {
        Subnet = FreeSubnet();
        System.IO.Directory.CreateDirectory(directory["cni"]);
        File.WriteAllText(
            directory["cni/10-bridge.conflist"],
            $$"""
            {
              "cniVersion": "0.4.0",
              "name": "{{BridgeName}}",
              "plugins": [
                {
                  "type": "bridge",
                  "bridge": "{{BridgeName}}",
                  "isGateway": true,
                  "ipMasq": false,
                  "promiscMode": true,
                  "ipam": {
                    "type": "host-local",
                    "dataDir": "{{directory["cni-data"]}}",
                    "ranges": [[{ "subnet": "{{Subnet}}" }]],
                    "routes": [{ "dst": "0.0.0.0/0" }]
                  }
                }
              ]
            }
            """
        );
        if (options.DockerHubMirror is { } mirror)
        {
            System.IO.Directory.CreateDirectory(directory["certs.d/docker.io"]);
            File.WriteAllText(
                directory["certs.d/docker.io/hosts.toml"],
                $"""
                server = "https://registry-1.docker.io"

                [host."{mirror}"]
                  capabilities = ["pull", "resolve"]

                """
            );
        }

        File.WriteAllText(ConfigPath, Configuration());
    }

    private string Configuration()
    {
        // Without the capability runc cannot lower oom_score_adj, and no sandbox starts.
        var restrict = Capabilities.ReadBounding()?.Has(Capability.SysResource) == false;
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"""
            version = 2
            root = "{directory["root"]}"
            state = "{StateDirectory}"
            disabled_plugins = [{(options.HasCri ? "" : "\"io.containerd.grpc.v1.cri\"")}]

            [grpc]
              address = "{SocketPath}"

            [plugins."io.containerd.internal.v1.opt"]
              path = "{directory["opt"]}"

            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{TestImages.PauseReference}"
              restrict_oom_score_adj = {(restrict ? "true" : "false")}
              netns_mounts_under_state_dir = true
              stream_server_address = "127.0.0.1"
              stream_server_port = "0"

            [plugins."io.containerd.grpc.v1.cri".cni]
              bin_dir = "/usr/lib/cni"
              conf_dir = "{directory["cni"]}"

            [plugins."io.containerd.grpc.v1.cri".registry]
              config_path = "{directory["certs.d"]}"

            [plugins."io.containerd.grpc.v1.cri".containerd]
              default_runtime_name = "{options.Handlers[0]}"

            """
        );
        foreach (var handler in options.Handlers)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"""

                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes."{handler}"]
                  runtime_type = "io.containerd.runc.v2"

                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes."{handler}".options]
                  SystemdCgroup = false

                """
            );
        }

        return text.ToString();
    }

    /// <summary>A range that no interface of the machine has; parallel tests draw by lot.</summary>
    private static string FreeSubnet()
    {
        var routes = File.ReadAllText("/proc/net/route");
        while (true)
        {
            var second = Random.Shared.Next(100, 250);
            var third = Random.Shared.Next(0, 256);

            // The kernel prints addresses as little endian hexadecimal numbers.
            if (!routes.Contains($"00{third:X2}{second:X2}0A", StringComparison.OrdinalIgnoreCase))
            {
                return $"10.{second}.{third}.0/24";
            }
        }
    }
}
