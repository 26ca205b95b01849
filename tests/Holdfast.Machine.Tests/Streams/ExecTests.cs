using Holdfast.Machine.Tests.Hub;

namespace Holdfast.Machine.Tests.Streams;

/// <summary>kubectl exec, through agent and API into a container of a real containerd.</summary>
public abstract class ExecTests(StreamNode node)
{
    public static TheoryData<string> Kubectls => [KubectlVersion.V1_20, KubectlVersion.V1_32, KubectlVersion.Newest];

    [Theory]
    [MemberData(nameof(Kubectls))]
    public async Task Output_errors_and_exit_code_come_back(string version)
    {
        var kubectl = await node.KubectlAsync(version);
        var result = await kubectl.TryAsync("exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 7");

        Assert.Equal("out\n", result.StandardOutput);
        Assert.Contains("err\n", result.StandardError);
        Assert.Equal(7, result.ExitCode);
    }
}

public sealed class ExecOn16Tests(StreamNode16 node) : ExecTests(node), IClassFixture<StreamNode16>;
