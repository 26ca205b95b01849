using System.Diagnostics;
using Holdfast.Cri.V1;
using Holdfast.Node.Pods;
using Holdfast.Testing;

namespace Holdfast.Node.Tests.Pods;

/// <summary>Pods are found whatever became of the document and of the runtime.</summary>
public sealed class KnownRuntimesTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    private string Socket => Path.Join(node.Root, "c.sock");

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Where_nothing_was_changed_there_are_none()
    {
        Assert.Null(await KnownRuntimes.OpenAsync(node.Machine, TemporaryMachine.Never));
    }

    [Theory]
    [InlineData("in force")]
    [InlineData("broken")]
    [InlineData("gone")]
    public async Task Pods_of_a_runtime_that_is_down_are_seen_whatever_became_of_the_document(string document)
    {
        await new AppliedDocuments(node.Paths).KeepAsync(Text(), TemporaryMachine.Never);
        if (document != "gone")
        {
            Directory.CreateDirectory(node.Paths.ConfigDirectory);
            await File.WriteAllTextAsync(node.Paths.NodeDocument, document == "broken" ? "not: [a document" : Text());
        }

        // An index of a bundle is not needed to find pods, so a broken one is no obstacle.
        await File.WriteAllTextAsync(node.Paths.BundleIndex, "x");
        using var shim = StartShim();
        await using var runtimes = (await KnownRuntimes.OpenAsync(node.Machine, TemporaryMachine.Never))!;
        var silent = Assert.Single((await runtimes.ListAsync(TemporaryMachine.Never)).Silent);
        Assert.Equal(("edge", Socket), (silent.Runtime.Name, silent.Runtime.Socket));
        Assert.Equal([shim.Id], silent.Processes);
        shim.StandardInput.Close();
        shim.WaitForExit();
        Assert.Empty((await runtimes.ListAsync(TemporaryMachine.Never)).Silent);
    }

    [Fact]
    public async Task A_runtime_that_cannot_be_started_for_its_pods_is_told_with_their_processes()
    {
        await new AppliedDocuments(node.Paths).KeepAsync(Text(), TemporaryMachine.Never);
        await using var runtimes = (await KnownRuntimes.OpenAsync(node.Machine, TemporaryMachine.Never))!;
        node.Services.OnRestart = _ => throw new NodeException(NodeReason.ServiceFailed, "its configuration is wrong");
        using var shim = StartShim();
        var silent = Assert.Single((await runtimes.ListAsync(TemporaryMachine.Never)).Silent);
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            runtimes.StartAsync(silent, TemporaryMachine.Never)
        );
        Assert.Contains("cannot stop the pods of edge", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"process {shim.Id}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("its configuration is wrong", failure.Message, StringComparison.Ordinal);
        shim.StandardInput.Close();
        shim.WaitForExit();
    }

    [Fact]
    public async Task A_runtime_that_answers_before_it_is_ready_is_waited_for()
    {
        await new AppliedDocuments(node.Paths).KeepAsync(Text(), TemporaryMachine.Never);
        await using var runtimes = (await KnownRuntimes.OpenAsync(node.Machine, TemporaryMachine.Never))!;
        using var shim = StartShim();
        var silent = Assert.Single((await runtimes.ListAsync(TemporaryMachine.Never)).Silent);
        await using var runtime = await StartRuntimeAsync(refusals: 2);

        node.Services.Add(silent.Runtime.Service!, isRunning: false, isEnabled: true);
        await runtimes.StartAsync(silent, TemporaryMachine.Never);
        Assert.Empty((await runtimes.ListAsync(TemporaryMachine.Never)).Silent);
        shim.StandardInput.Close();
        shim.WaitForExit();
    }

    /// <summary>In containerd's words while its plugins are still being started.</summary>
    private async Task<FakeGrpcServer> StartRuntimeAsync(int refusals)
    {
        const int unknown = 2;
        var runtime = await FakeGrpcServer.StartAsync(Socket);
        return runtime
            .On(
                "/runtime.v1.RuntimeService/Version",
                async call =>
                {
                    if (refusals-- > 0)
                    {
                        call.Refuse(unknown, "server is not initialized yet");
                    }
                    else
                    {
                        await call.AnswerAsync(new VersionResponse { RuntimeName = "c", RuntimeVersion = "1" });
                    }
                }
            )
            .On("/runtime.v1.RuntimeService/ListPodSandbox", () => new ListPodSandboxResponse());
    }

    private string Text() =>
        $$"""
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            metadata: { name: n1 }
            spec:
              runtimes: [{ name: edge, kind: containerd, install: { present: {} }, socket: {{Socket}} }]

            """;

    private Process StartShim()
    {
        var shim = Process.Start(
            new ProcessStartInfo(
                "bash",
                [
                    "-c",
                    $"exec -a containerd-shim-runc-v2 sh -c 'echo ready; read line' -namespace k8s.io -address {Socket}",
                ]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        Assert.Equal("ready", shim.StandardOutput.ReadLine());
        return shim;
    }
}
