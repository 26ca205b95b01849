using Holdfast.Document;
using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Composition;

/// <summary>
/// RuntimeClass objects of the handlers that the node document has: pods can ask for them without anybody making them
/// first. Ours carry a label and follow the document; one that a person made, or applied over ours, is never touched.
/// Stateless.
/// </summary>
internal static class RuntimeClasses
{
    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string Us = "holdfast";

    /// <summary>Written by <c>kubectl apply</c>: from then on the object is that person's.</summary>
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Makes the store agree with the document; writes nothing when it does.</summary>
    public static async Task EnsureAsync(
        EdgeNodeSpec spec,
        ObjectStore store,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var wanted = List(spec).ToDictionary(runtimeClass => runtimeClass.Metadata.Name);
        var present = store
            .List(ResourceNames.RuntimeClasses)
            .Items.ToDictionary(item => item.Key.Name, item => (item.Revision, Object: Read(item)));
        foreach (var (name, (revision, found)) in present.Where(entry => IsOurs(entry.Value.Object)))
        {
            var key = new ObjectKey(ResourceNames.RuntimeClasses, "", name);
            if (!wanted.TryGetValue(name, out var runtimeClass))
            {
                await store.DeleteAsync(key, revision, cancellationToken);
            }
            else if (!IsSame(found, runtimeClass))
            {
                var changed = runtimeClass with { Metadata = found.Metadata };
                await store.UpdateAsync(key, KubeJson.Serialize(changed), revision, cancellationToken);
            }
        }

        foreach (var runtimeClass in wanted.Values.Where(wanted => !present.ContainsKey(wanted.Metadata.Name)))
        {
            var made = runtimeClass with
            {
                Metadata = runtimeClass.Metadata with
                {
                    Uid = Guid.NewGuid().ToString(),
                    CreationTimestamp = time.GetUtcNow(),
                },
            };
            await store.CreateAsync(
                new ObjectKey(ResourceNames.RuntimeClasses, "", made.Metadata.Name),
                KubeJson.Serialize(made),
                cancellationToken
            );
        }
    }

    /// <summary>One for each handler but the default one, which pods have that ask for none.</summary>
    public static IEnumerable<RuntimeClass> List(EdgeNodeSpec spec) =>
        spec
            .Runtimes.SelectMany(runtime => runtime.Handlers)
            .Skip(1)
            .Select(handler => new RuntimeClass
            {
                Metadata = new ObjectMeta
                {
                    Name = handler.Name,
                    Labels = new Dictionary<string, string> { [ManagedBy] = Us },
                },
                Handler = handler.Name,
                Overhead = handler.Overhead is { } overhead ? OverheadOf(overhead) : null,
                Scheduling =
                    handler.Kind == HandlerKind.Kata
                        ? new RuntimeClassScheduling
                        {
                            NodeSelector = new Dictionary<string, string> { [EdgeNodeSpec.KataLabel] = "true" },
                        }
                        : null,
            });

    private static RuntimeClassOverhead OverheadOf(OverheadSpec overhead)
    {
        var amounts = new SortedDictionary<string, Quantity>(StringComparer.Ordinal);
        if (overhead.Memory is { } memory)
        {
            amounts["memory"] = Quantity.Parse(memory);
        }

        if (overhead.Cpu is { } cpu)
        {
            amounts["cpu"] = Quantity.Parse(cpu);
        }

        return new RuntimeClassOverhead { PodFixed = amounts };
    }

    private static RuntimeClass Read(StoredObject item) => KubeJson.Deserialize<RuntimeClass>(item.Json.Span);

    private static bool IsOurs(RuntimeClass found) =>
        found.Metadata.Labels.TryGetValue(ManagedBy, out var owner)
        && owner == Us
        && !found.Metadata.Annotations.ContainsKey(LastApplied);

    /// <summary>Compared as they are stored, apart from what the store and the hub add to the metadata.</summary>
    private static bool IsSame(RuntimeClass found, RuntimeClass wanted) =>
        KubeJson
            .Serialize(found with { Metadata = new ObjectMeta() })
            .AsSpan()
            .SequenceEqual(KubeJson.Serialize(wanted with { Metadata = new ObjectMeta() }));
}
