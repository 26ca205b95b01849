using Holdfast.Hub.Errors;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>The controllers of this Hub and their start. Run once.</summary>
internal sealed class ControllerSet(ObjectAccess objects, ResourceTable table, string nodeName, ILogger logger)
{
    private static readonly string[] FirstNamespaces = [CoreResources.DefaultNamespace, CoreResources.SystemNamespace];

    /// <summary>What must be there before the first request.</summary>
    public async Task PrepareAsync(CancellationToken ct)
    {
        foreach (var name in FirstNamespaces)
        {
            if (objects.Find(CoreResources.Namespaces, "", name) is null)
            {
                try
                {
                    await objects.CreateAsync(
                        CoreResources.Namespaces,
                        "",
                        new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = name } },
                        WriteOptions.Internal,
                        ct
                    );
                }
                catch (ApiException e) when (e.Reason == ApiReason.AlreadyExists)
                {
                    // Somebody else made it between the look and the write.
                }
            }
        }
    }

    public Task RunAsync(CancellationToken ct)
    {
        var events = new EventRecorder(objects, nodeName);
        return Task.WhenAll(
            new PodBinder(objects, events, nodeName, logger).RunAsync(ct),
            new ReplicaSetController(objects, events, logger).RunAsync(ct),
            new DeploymentController(objects, events, logger).RunAsync(ct),
            new GarbageCollector(objects, table, logger).RunAsync(ct),
            new PodGarbageCollector(objects, nodeName, logger).RunAsync(ct),
            new NamespaceController(objects, table, logger).RunAsync(ct),
            new EventExpiry(objects, logger).RunAsync(ct)
        );
    }
}
