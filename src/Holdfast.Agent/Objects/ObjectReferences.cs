using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Agent.Objects;

/// <summary>Which ConfigMaps, Secrets and RuntimeClass a pod depends on, so that a change of one wakes the pod. Pure.</summary>
internal static class ObjectReferences
{
    public static IEnumerable<ObjectKey> Of(Pod pod)
    {
        var ns = pod.Metadata.Namespace;
        if (!string.IsNullOrEmpty(pod.Spec.RuntimeClassName))
        {
            yield return new ObjectKey(ResourceNames.RuntimeClasses, "", pod.Spec.RuntimeClassName);
        }

        foreach (var secret in pod.Spec.ImagePullSecrets)
        {
            yield return new ObjectKey(ResourceNames.Secrets, ns, secret.Name);
        }

        foreach (var volume in pod.Spec.Volumes)
        {
            foreach (var key in OfVolume(ns, volume))
            {
                yield return key;
            }
        }

        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            foreach (var key in OfEnvironment(ns, container))
            {
                yield return key;
            }
        }
    }

    private static IEnumerable<ObjectKey> OfVolume(string ns, Volume volume)
    {
        if (volume.ConfigMap is { } configMap)
        {
            yield return new ObjectKey(ResourceNames.ConfigMaps, ns, configMap.Name);
        }

        if (volume.Secret is { } secret)
        {
            yield return new ObjectKey(ResourceNames.Secrets, ns, secret.SecretName);
        }

        foreach (var source in volume.Projected?.Sources ?? [])
        {
            if (source.ConfigMap is { } projectedMap)
            {
                yield return new ObjectKey(ResourceNames.ConfigMaps, ns, projectedMap.Name);
            }

            if (source.Secret is { } projectedSecret)
            {
                yield return new ObjectKey(ResourceNames.Secrets, ns, projectedSecret.Name);
            }
        }
    }

    private static IEnumerable<ObjectKey> OfEnvironment(string ns, Container container)
    {
        foreach (var from in container.EnvFrom)
        {
            if (from.ConfigMapRef is { } configMap)
            {
                yield return new ObjectKey(ResourceNames.ConfigMaps, ns, configMap.Name);
            }

            if (from.SecretRef is { } secret)
            {
                yield return new ObjectKey(ResourceNames.Secrets, ns, secret.Name);
            }
        }

        foreach (var variable in container.Env)
        {
            if (variable.ValueFrom?.ConfigMapKeyRef is { } configMapKey)
            {
                yield return new ObjectKey(ResourceNames.ConfigMaps, ns, configMapKey.Name);
            }

            if (variable.ValueFrom?.SecretKeyRef is { } secretKey)
            {
                yield return new ObjectKey(ResourceNames.Secrets, ns, secretKey.Name);
            }
        }
    }
}
