using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>
/// plan and check on a machine where every program of the field leaves a trace, and does harm unless it is asked what it is
/// known to answer. The machine is this one, in a mount namespace of its own with layers over its directories.
/// </summary>
public sealed class LookingTests : IDisposable
{
    private const string Hash = "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195";

    /// <summary>A stand-in of each goes into /usr/bin and /usr/local/bin: whichever way a program is looked for, this one is found.</summary>
    private static readonly string[] Programs =
    [
        "edgecore",
        "cloudcore",
        "keadm",
        "kubelet",
        "kubeadm",
        "kubectl",
        "yurtadm",
        "yurthub",
        "containerd",
        "containerd-shim-runc-v2",
        "containerd-shim-kata-v2",
        "ctr",
        "crictl",
        "nerdctl",
        "runc",
        "crun",
        "runsc",
        "crio",
        "conmon",
        "skopeo",
        "podman",
        "docker",
        "dockerd",
        "kata-runtime",
        "k3s",
        "sudo",
    ];

    private static readonly string[] Plugins = ["bridge", "host-local", "portmap", "loopback"];

    /// <summary>What may be asked, and what is answered.</summary>
    private static readonly Dictionary<string, string> Answers = new()
    {
        ["containerd --version"] = "containerd github.com/containerd/containerd v1.7.2 abc",
        ["ctr images import --help"] = "--local",
        ["kubeadm version -o short"] = "v1.30.2",
        ["kubelet --version"] = "Kubernetes v1.30.2",
        ["keadm version"] = "version: version.Info{Major:\"1\", Minor:\"23\", GitVersion:\"v1.23.1\"}",
        ["keadm join --help"] = "--cgroupdriver --labels",
        ["keadm reset --help"] = "keadm reset edge",
        ["yurtadm join --help"] = "--node-labels --reuse-cni-bin",
    };

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("{ standalone: {} }")]
    [InlineData("{ kubeedge: {} }")]
    [InlineData(
        "{ kubernetes: { join: { endpoint: \"127.0.0.1:1\", token: 3zefbt.99e6denc1cxpk9fg, caCertHash: \""
            + Hash
            + "\" } } }"
    )]
    [InlineData(
        "{ openyurt: { endpoint: \"127.0.0.1:1\", token: 3zefbt.99e6denc1cxpk9fg, caCertHash: \"" + Hash + "\" } }"
    )]
    public async Task Looking_starts_only_listed_programs_and_changes_no_file(string cluster)
    {
        await File.WriteAllTextAsync(
            directory["node.yaml"],
            "apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: { name: edge-1 }\nspec:\n"
                + "  runtimes: [{ name: containerd, install: { present: {} }, handlers: [{ name: runc }] }]\n"
                + $"  cluster: {cluster}\n"
        );
        await File.WriteAllTextAsync(directory["program"], StandIn());
        await File.WriteAllTextAsync(directory["look"], Script());
        var result = await ChildProcess.RunAsync(
            new ChildCommand("unshare", "--mount", "--propagation", "private", "sh", directory["look"]),
            Limit
        );
        Assert.True(result.Succeeded, result.StandardOutput + result.StandardError);
        Assert.DoesNotContain("internal error", result.StandardOutput, StringComparison.Ordinal);

        var calls = await File.ReadAllLinesAsync(directory["calls"]);
        Assert.NotEmpty(calls);
        Assert.All(calls, call => Assert.True(IsAllowed(call), call));
        Assert.Equal(await File.ReadAllTextAsync(directory["before"]), await File.ReadAllTextAsync(directory["after"]));
        Assert.False(Path.Exists(directory["root"]), "Holdfast's own directories are not made either");
    }

    private static bool IsAllowed(string call) =>
        Answers.ContainsKey(call)
        || (
            call.StartsWith("containerd --config ", StringComparison.Ordinal)
            && call.EndsWith(" config dump", StringComparison.Ordinal)
        )
        || Plugins.Any(plugin => call == $"{plugin} VERSION");

    /// <summary>Notes how it was called, answers what it may be asked, and otherwise writes as an agent would.</summary>
    private string StandIn()
    {
        var answers = string.Join(
            '\n',
            Answers.Select(answer => $"  '{answer.Key}') echo '{answer.Value}'; exit 0 ;;")
        );
        return $$"""
            #!/bin/sh
            name=$(basename "$0")
            case "$name" in {{string.Join('|', Plugins)}}) set -- "$CNI_COMMAND" ;; esac
            echo "$name $*" >> {{directory["calls"]}}
            case "$name $*" in
            {{answers}}
              *' config dump') echo 'version = 2'; exit 0 ;;
              *' VERSION') echo '{"cniVersion":"0.4.0","supportedVersions":["0.4.0","1.0.0"]}'; exit 0 ;;
            esac
            echo "$name was here" >> /etc/kubeedge/config/edgecore.yaml
            exit 1
            """;
    }

    private string Script() =>
        $$"""
            set -e
            work={{directory["layers"]}}
            mkdir -p $work
            mount -t tmpfs layers $work
            for at in etc usr opt var/lib; do mkdir -p $work/upper/$at $work/scratch/$at; done
            mkdir -p $work/upper/usr/bin $work/upper/usr/local/bin $work/upper/opt/cni/bin $work/upper/etc/kubeedge/config
            for name in {{string.Join(' ', Programs)}}; do
              install -m 755 {{directory["program"]}} $work/upper/usr/bin/$name
              install -m 755 {{directory["program"]}} $work/upper/usr/local/bin/$name
            done
            for name in {{string.Join(' ', Plugins)}}; do install -m 755 {{directory[
                "program"
            ]}} $work/upper/opt/cni/bin/$name; done
            printf '# by hand\napiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\nmodules:\n  edged:\n    enable: true\n' \
              > $work/upper/etc/kubeedge/config/edgecore.yaml
            for at in etc usr opt var/lib; do
              mount -t overlay overlay -o lowerdir=/$at,upperdir=$work/upper/$at,workdir=$work/scratch/$at /$at
            done
            list() { find $work/upper -mindepth 2 -printf '%p %y %m %s %T@ %l\n' | sort; }
            list > {{directory["before"]}}
            for verb in plan check; do
              code=0
              {{ProgramNode.Program}} $verb --root {{directory["root"]}} -f {{directory["node.yaml"]}} 2>&1 || code=$?
              echo "$verb ended with $code"
              [ $code != 70 ]
            done
            list > {{directory["after"]}}
            """;
}
