using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// Writes core/v1 events about objects; the same event again only raises its count. An event that cannot be written is
/// dropped: it must never stop a controller. Thread-safe.
/// </summary>
internal sealed class EventRecorder(ObjectAccess objects, string nodeName)
{
    /// <summary>Events remembered for counting, the oldest forgotten first: more than one node has at a time.</summary>
    private const int MaxRemembered = 256;

    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Name, LinkedListNode<string> Age)> remembered = [];
    private readonly LinkedList<string> ages = [];

    public async Task WriteAsync(
        JsonObject about,
        string type,
        string reason,
        string message,
        string component,
        CancellationToken ct
    )
    {
        var ns = about.MetaNamespace is { Length: > 0 } own ? own : CoreResources.DefaultNamespace;
        var now = objects.Clock.GetUtcNow();
        var (name, isNew) = Name($"{about.Uid}/{type}/{reason}/{message}", about.MetaName, now);
        try
        {
            if (!isNew && await CountAsync(ns, name, now, ct))
            {
                return;
            }

            await objects.CreateAsync(
                CoreResources.Events,
                ns,
                Event(about, ns, name, type, reason, message, component, now),
                WriteOptions.Internal,
                ct
            );
        }
        catch (ApiException)
        {
            // The namespace is going away or the store is full: the event is not worth more.
        }
        catch (Store.StoreException)
        {
            // As above.
        }
    }

    private async Task<bool> CountAsync(string ns, string name, DateTimeOffset now, CancellationToken ct) =>
        await objects.ChangeAsync(
            CoreResources.Events,
            ns,
            name,
            e =>
            {
                e["count"] = (e.IntAt("count") ?? 1) + 1;
                e["lastTimestamp"] = now.ToWireTime();
                return true;
            },
            ct
        )
            is not null;

    private (string Name, bool IsNew) Name(string identity, string objectName, DateTimeOffset now)
    {
        lock (gate)
        {
            if (remembered.TryGetValue(identity, out var known))
            {
                ages.Remove(known.Age);
                ages.AddLast(known.Age);
                return (known.Name, false);
            }

            if (remembered.Count == MaxRemembered)
            {
                remembered.Remove(ages.First!.Value);
                ages.RemoveFirst();
            }

            // client-go names events the same way: the object and the time in hexadecimal.
            var ticks = now.Ticks + Random.Shared.Next(1 << 16);
            var name = $"{objectName}.{ticks:x}";
            remembered[identity] = (name, ages.AddLast(identity));
            return (name, true);
        }
    }

    private JsonObject Event(
        JsonObject about,
        string ns,
        string name,
        string type,
        string reason,
        string message,
        string component,
        DateTimeOffset now
    ) =>
        new()
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["involvedObject"] = new JsonObject
            {
                ["kind"] = about.StringAt("kind"),
                ["namespace"] = about.MetaNamespace,
                ["name"] = about.MetaName,
                ["uid"] = about.Uid,
                ["apiVersion"] = about.StringAt("apiVersion"),
                ["resourceVersion"] = about.ResourceVersion,
            },
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = new JsonObject { ["component"] = component },
            ["firstTimestamp"] = now.ToWireTime(),
            ["lastTimestamp"] = now.ToWireTime(),
            ["count"] = 1,
            ["type"] = type,
            ["reportingComponent"] = component,
            ["reportingInstance"] = nodeName,
        };
}
