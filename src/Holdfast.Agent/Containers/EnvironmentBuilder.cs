using System.Text;
using Holdfast.Agent.Objects;
using Holdfast.Kube;

namespace Holdfast.Agent.Containers;

/// <summary>The environment of a container, in the kubelet's order: its own variables first, then what comes from whole objects.</summary>
internal sealed class EnvironmentBuilder(IObjectSource objects, NodeFacts node)
{
    /// <exception cref="AgentException">CreateContainerConfigError: something that is not optional does not exist.</exception>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Build(Pod pod, Container container, IReadOnlyList<string> podIps)
    {
        var fromObjects = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var source in container.EnvFrom)
        {
            AddAll(fromObjects, pod, source);
        }

        // The same name twice is legal: the last one wins, as it does in the kubelet.
        var own = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var result = new List<KeyValuePair<string, byte[]>>();
        foreach (var variable in container.Env)
        {
            var value = variable.ValueFrom is { } from
                ? From(pod, container, variable.Name, from, podIps)
                : Encoding.UTF8.GetBytes(Expand(variable.Value ?? "", own, fromObjects));
            if (value is null)
            {
                continue;
            }

            if (!own.TryAdd(variable.Name, value))
            {
                own[variable.Name] = value;
                result.RemoveAll(e => e.Key == variable.Name);
            }

            result.Add(new(variable.Name, value));
        }

        result.AddRange(fromObjects.Where(e => !own.ContainsKey(e.Key)));
        return result;
    }

    private static string Expand(string text, Dictionary<string, byte[]> own, Dictionary<string, byte[]> fromObjects) =>
        VariableExpansion.Expand(
            text,
            name =>
                own.TryGetValue(name, out var value) || fromObjects.TryGetValue(name, out value)
                    ? Encoding.UTF8.GetString(value)
                    : null
        );

    private void AddAll(Dictionary<string, byte[]> into, Pod pod, EnvFromSource source)
    {
        var data = source switch
        {
            { ConfigMapRef: { } map } => DataOfConfigMap(pod, map.Name, map.Optional),
            { SecretRef: { } secret } => DataOfSecret(pod, secret.Name, secret.Optional),
            _ => null,
        };
        foreach (var (key, value) in data ?? [])
        {
            var name = source.Prefix + key;

            // A name with "=" cannot exist in an environment; the kubelet skips it as well.
            if (name.Length > 0 && !name.Contains('='))
            {
                into[name] = value;
            }
        }
    }

    private byte[]? From(Pod pod, Container container, string name, EnvVarSource from, IReadOnlyList<string> podIps)
    {
        switch (from)
        {
            case { FieldRef: { } field }:
                return Encoding.UTF8.GetBytes(
                    DownwardFields.Field(pod, field.FieldPath, podIps, node)
                        ?? throw Cannot(container, name, $"field {field.FieldPath} is not one that a pod can read")
                );
            case { ResourceFieldRef: { } resource }:
                return Encoding.UTF8.GetBytes(
                    DownwardFields.Resource(pod, container, resource, node)
                        ?? throw Cannot(container, name, $"there is no resource {resource.Resource}")
                );
            case { ConfigMapKeyRef: { } key }:
                return Key(DataOfConfigMap(pod, key.Name, key.Optional), pod, key, "ConfigMap");
            case { SecretKeyRef: { } key }:
                return Key(DataOfSecret(pod, key.Name, key.Optional), pod, key, "Secret");
            default:
                throw Cannot(container, name, "its valueFrom names no source that this node knows");
        }
    }

    private static byte[]? Key(Dictionary<string, byte[]>? data, Pod pod, KeySelector selector, string kind)
    {
        if (data is not null && data.TryGetValue(selector.Key, out var value))
        {
            return value;
        }

        return selector.Optional
            ? null
            : throw new AgentException(
                AgentReason.CreateContainerConfigError,
                $"couldn't find key {selector.Key} in {kind} {pod.Metadata.Namespace}/{selector.Name}"
            );
    }

    private Dictionary<string, byte[]>? DataOfConfigMap(Pod pod, string name, bool optional)
    {
        if (objects.ConfigMap(pod.Metadata.Namespace, name) is { } map)
        {
            return map.Data.ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value), StringComparer.Ordinal);
        }

        return optional ? null : throw Missing("configmap", name);
    }

    private Dictionary<string, byte[]>? DataOfSecret(Pod pod, string name, bool optional)
    {
        if (objects.Secret(pod.Metadata.Namespace, name) is { } secret)
        {
            return secret.Data.ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);
        }

        return optional ? null : throw Missing("secret", name);
    }

    private static AgentException Missing(string kind, string name) =>
        new(AgentReason.CreateContainerConfigError, $"{kind} \"{name}\" not found");

    private static AgentException Cannot(Container container, string variable, string cause) =>
        new(
            AgentReason.CreateContainerConfigError,
            $"cannot set variable {variable} of container {container.Name}: {cause}"
        );
}
