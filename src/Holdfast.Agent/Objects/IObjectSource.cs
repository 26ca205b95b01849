using Holdfast.Kube;

namespace Holdfast.Agent.Objects;

/// <summary>The objects a pod's configuration is made from. Thread-safe; answers at once, with the newest state.</summary>
internal interface IObjectSource
{
    ConfigMap? ConfigMap(string podNamespace, string name);

    Secret? Secret(string podNamespace, string name);

    RuntimeClass? RuntimeClass(string name);
}
