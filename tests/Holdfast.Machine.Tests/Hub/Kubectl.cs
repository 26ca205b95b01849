using Holdfast.Linux;

namespace Holdfast.Machine.Tests.Hub;

/// <summary>One kubectl program, talking to one Hub with the kubeconfig the Hub wrote.</summary>
internal sealed class Kubectl(string program, NodePaths paths)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it; fails the test with both outputs unless it exits with 0.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        Assert.True(
            result.ExitCode == 0,
            $"kubectl {string.Join(' ', arguments)}: {result.ExitCode}\n{result.StandardError}\n{result.StandardOutput}"
        );
        return result.StandardOutput;
    }

    public Task<ChildResult> TryAsync(params string[] arguments) => TryAsync(Limit, arguments);

    public Task<ChildResult> TryAsync(TimeSpan limit, params string[] arguments) =>
        ChildProcess.RunAsync(
            new ChildCommand(program, arguments)
            {
                Environment = new Dictionary<string, string?>
                {
                    ["KUBECONFIG"] = paths.AdminKubeconfig,

                    // Discovery is cached below HOME: every Hub has its own.
                    ["HOME"] = paths.Root,
                },
            },
            limit
        );
}
