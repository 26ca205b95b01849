using Holdfast.Cri;
using Holdfast.Cri.V1;

namespace Holdfast.Node.Probe;

/// <summary>Removes probe pods with all that belongs to them. Stateless but for what it is given.</summary>
internal sealed class ProbeCleanup(RuntimeEndpoint endpoint, ProbeOptions options, TimeProvider time)
{
    /// <summary>Its own time, because it also runs after a cancellation.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>What a probe left behind whose process is gone. A runtime that does not answer is the probe's to report.</summary>
    public async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), cancellationToken);
            foreach (var sandbox in all.Items.Where(s => ProbeLabels.IsLeftover(s.Labels)))
            {
                await RemoveAsync(sandbox, cancellationToken);
            }
        }
        catch (CriException)
        {
            // The next probe tries again.
        }
    }

    /// <summary>
    /// Everything of one probe. It is found by its label, not by the answer to its creation, which may never have come.
    /// </summary>
    /// <returns>Why something stays, or null.</returns>
    public async Task<string?> RemoveRunAsync(string run)
    {
        using var limit = new CancellationTokenSource(Timeout, time);
        try
        {
            var filter = new PodSandboxFilter { LabelSelector = { [ProbeLabels.Run] = run } };
            var mine = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest { Filter = filter }, limit.Token);
            foreach (var sandbox in mine.Items)
            {
                await RemoveAsync(sandbox, limit.Token);
            }
            return null;
        }
        catch (CriException cause)
        {
            return $"{cause.Message}; the next probe removes it";
        }
        catch (OperationCanceledException)
        {
            return $"not removed within {Timeout.TotalSeconds} s; the next probe removes it";
        }
        catch (IOException cause)
        {
            return cause.Message;
        }
    }

    private async Task RemoveAsync(PodSandbox sandbox, CancellationToken cancellationToken)
    {
        await endpoint.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, cancellationToken);
        await endpoint.RemovePodSandboxAsync(
            new RemovePodSandboxRequest { PodSandboxId = sandbox.Id },
            cancellationToken
        );
        var logs = HandlerProbe.LogDirectory(options, sandbox.Metadata);
        if (Directory.Exists(logs))
        {
            Directory.Delete(logs, recursive: true);
        }
    }
}
