using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Agent.Objects;

/// <summary>Reads configuration objects from the store, which holds them in memory. Thread-safe.</summary>
internal sealed class StoreObjects(ObjectStore store) : IObjectSource
{
    public ConfigMap? ConfigMap(string podNamespace, string name) =>
        Get<ConfigMap>(ResourceNames.ConfigMaps, podNamespace, name);

    public Secret? Secret(string podNamespace, string name) => Get<Secret>(ResourceNames.Secrets, podNamespace, name);

    public RuntimeClass? RuntimeClass(string name) => Get<RuntimeClass>(ResourceNames.RuntimeClasses, "", name);

    private T? Get<T>(string resource, string podNamespace, string name)
        where T : class
    {
        var stored = store.Get(new ObjectKey(resource, podNamespace, name));
        return stored is null ? null : KubeJson.Deserialize<T>(stored.Json.Span);
    }
}
