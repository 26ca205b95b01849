using System.Diagnostics;
using Holdfast.Node.Pods;

namespace Holdfast.Node.Tests.Pods;

/// <summary>Pods are seen by the processes that hold them, when their runtime cannot be asked.</summary>
public sealed class PodMonitorTests
{
    private const string Socket = "/run/containerd/containerd.sock";

    [Theory]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 4f -address " + Socket, Socket)]
    [InlineData(
        "/opt/kata/bin/containerd-shim-kata-v2 -namespace k8s.io -address /var/run/containerd/containerd.sock -publish-binary /usr/bin/containerd -id 4f",
        Socket
    )]
    [InlineData(
        "containerd-shim-runsc-v1 --namespace k8s.io --address /run/second/containerd.sock",
        "/run/second/containerd.sock"
    )]
    public void A_shim_belongs_to_the_containerd_whose_address_it_was_given(string line, string socket)
    {
        Assert.Equal(new PodMonitor(7, socket), PodMonitor.Parse(7, line.Split(' ')));
    }

    [Fact]
    public void A_conmon_of_CRI_O_is_one_of_podman_is_not()
    {
        const string crio =
            "/usr/bin/conmon -b /run/containers/storage/overlay-containers/4f/userdata -c 4f --exit-dir /var/run/crio/exits -n k8s_web_web_default_u1_0";
        Assert.Equal(new PodMonitor(7, null), PodMonitor.Parse(7, crio.Split(' ')));
        Assert.Null(PodMonitor.Parse(7, crio.Replace("/var/run/crio/exits", "/run/libpod/exits").Split(' ')));
    }

    [Theory]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace moby -id 4f -address " + Socket)]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 4f -address")]
    [InlineData("grep -namespace k8s.io -address " + Socket)]
    [InlineData("")]
    public void Everything_else_is_none(string line)
    {
        Assert.Null(PodMonitor.Parse(7, line.Split(' ')));
    }

    [Fact]
    public void A_running_shim_is_found_by_its_arguments()
    {
        using var shim = Process.Start(
            new ProcessStartInfo(
                "bash",
                [
                    "-c",
                    "exec -a containerd-shim-runc-v2 sh -c 'echo ready; read line' -namespace k8s.io -address /run/hf-test.sock",
                ]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        Assert.Equal("ready", shim.StandardOutput.ReadLine());
        Assert.Contains(new PodMonitor(shim.Id, "/run/hf-test.sock"), PodMonitor.List());
        shim.StandardInput.Close();
        shim.WaitForExit();
        Assert.DoesNotContain(new PodMonitor(shim.Id, "/run/hf-test.sock"), PodMonitor.List());
    }
}
