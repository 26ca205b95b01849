using System.Text.Json.Nodes;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.Pods;

/// <summary>
/// Pods of this node whose objects cannot be read, as an older version of this program may have stored them: each is Failed
/// with the reason, so that it can be seen and deleted. Used by one task.
/// </summary>
internal sealed class UnreadablePods(ObjectStore store, string nodeName, ILogger logger)
{
    public const string Reason = "InvalidPod";

    private readonly Queue<(StoredObject Pod, string Message)> waiting = [];

    /// <summary>Remembers a pod that could not be read; one of another node is none of ours.</summary>
    public void Add(StoredObject stored, KubeException cause)
    {
        if (Node(stored) == nodeName)
        {
            logger.PodUnreadable(stored.Key.ToString(), cause);
            waiting.Enqueue((stored, cause.Message));
        }
    }

    /// <summary>Writes the status of those that were added, and removes those that are to go.</summary>
    public async Task TellAsync(CancellationToken ct)
    {
        while (waiting.TryPeek(out var next))
        {
            var (pod, message) = next;
            try
            {
                var written = Failed(pod, message) is { } failed
                    ? await store.UpdateAsync(pod.Key, failed, pod.Revision, ct)
                    : pod;
                await RemoveAsync(written, ct);
            }
            catch (StoreException e) when (e.Reason is StoreReason.NotFound or StoreReason.Conflict)
            {
                // Gone, or written by somebody else: the watch tells of that.
            }
            catch (StoreException e) when (e.Reason is not StoreReason.Closed)
            {
                logger.InvalidPodNotWritten(pod.Key.ToString(), e);
                return;
            }

            waiting.Dequeue();
        }
    }

    private static ReadOnlyMemory<byte>? Failed(StoredObject stored, string message)
    {
        var pod = KubeObject.Parse(stored.Json.Span);
        var status = pod.Json["status"] as JsonObject;
        if (status?["phase"]?.ToString() is "Failed" or "Succeeded")
        {
            return null;
        }

        pod.Json["status"] = new JsonObject
        {
            ["phase"] = "Failed",
            ["reason"] = Reason,
            ["message"] = message,
        };
        return pod.ToUtf8();
    }

    /// <summary>Nothing of such a pod runs, so that a deletion has nothing to wait for but finalizers.</summary>
    private async Task RemoveAsync(StoredObject stored, CancellationToken ct)
    {
        var pod = KubeObject.Parse(stored.Json.Span);
        if (pod.Metadata["deletionTimestamp"] is not null && pod.Finalizers.Count == 0)
        {
            await store.DeleteAsync(stored.Key, stored.Revision, ct);
        }
    }

    private static string Node(StoredObject stored)
    {
        try
        {
            return KubeObject.Parse(stored.Json.Span).TextAt("spec", "nodeName");
        }
        catch (KubeException)
        {
            return "";
        }
    }
}
