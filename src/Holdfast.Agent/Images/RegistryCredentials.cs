using System.Text;
using System.Text.Json;
using Holdfast.Agent.Objects;
using Holdfast.Kube;

namespace Holdfast.Agent.Images;

/// <summary>User names and passwords for a registry, from the pod's imagePullSecrets. Reads objects, keeps nothing.</summary>
internal static class RegistryCredentials
{
    private const string DockerConfigJson = ".dockerconfigjson";
    private const string DockerHubKey = "https://index.docker.io/v1/";

    public static IReadOnlyList<V1.AuthConfig> For(Pod pod, ImageName image, IObjectSource objects)
    {
        if (pod.Spec.ImagePullSecrets.Count == 0)
        {
            return [];
        }

        var found = new List<V1.AuthConfig>();
        foreach (var reference in pod.Spec.ImagePullSecrets)
        {
            var secret = objects.Secret(pod.Metadata.Namespace, reference.Name);
            if (secret is not null && secret.Data.TryGetValue(DockerConfigJson, out var config))
            {
                found.AddRange(Parse(config, image.Registry));
            }
        }

        return found;
    }

    /// <summary>The entries of a Docker configuration that are for this registry; broken ones are as if absent.</summary>
    public static IEnumerable<V1.AuthConfig> Parse(byte[] config, string registry)
    {
        try
        {
            using var document = JsonDocument.Parse(config);
            return document.RootElement.TryGetProperty("auths", out var auths)
                ? auths.EnumerateObject().Where(e => Matches(e.Name, registry)).Select(e => Read(e.Value)).ToArray()
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return [];
        }
    }

    private static bool Matches(string key, string registry)
    {
        if (key == DockerHubKey)
        {
            return registry == "docker.io";
        }

        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var host = (scheme < 0 ? key : key[(scheme + 3)..]).Split('/')[0];
        return string.Equals(host, registry, StringComparison.OrdinalIgnoreCase);
    }

    private static V1.AuthConfig Read(JsonElement entry)
    {
        var auth = new V1.AuthConfig
        {
            Username = Text(entry, "username"),
            Password = Text(entry, "password"),
            IdentityToken = Text(entry, "identitytoken"),
        };
        if (auth.Username.Length == 0 && Text(entry, "auth") is { Length: > 0 } encoded)
        {
            var pair = Encoding.UTF8.GetString(Convert.FromBase64String(encoded)).Split(':', 2);
            auth.Username = pair[0];
            auth.Password = pair.Length > 1 ? pair[1] : "";
        }

        return auth;
    }

    private static string Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
