using System.Text;
using Holdfast.Node.Spec;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Components.Containerd;

/// <summary>
/// The <c>hosts.toml</c> of one registry, read by containerd at every pull. Pure.
/// Source: docs/hosts.md of containerd.
/// </summary>
internal static class RegistryHosts
{
    /// <summary>From the present content to one that has the mirrors; what a person added stays.</summary>
    public static byte[] Edit(byte[]? current, RegistrySpec registry, string file)
    {
        var document = TomlDocument.Parse(current ?? [], file);
        if (document.Get("server") is null)
        {
            document = document.Set(TomlPath.Of("server"), Server(registry.Host));
        }
        foreach (var mirror in registry.Mirrors)
        {
            var host = TomlPath.Of("host", Address(mirror));
            if (document.Get(host.Then("capabilities")) is null)
            {
                document = document.Set(host.Then("capabilities"), TomlArray.Of(["pull", "resolve"]));
            }
            // containerd puts /v2 behind the address by itself, unless told that it is there.
            if (mirror.AbsolutePath.Split('/').Contains("v2"))
            {
                document = document.Set(host.Then("override_path"), true);
            }
        }
        return document.ToUtf8();
    }

    public static string Address(Uri mirror) => mirror.GetLeftPart(UriPartial.Path).TrimEnd('/');

    private static string Server(string host) => $"https://{ServerName(host)}";

    /// <summary>Images of docker.io are served by another host; every other registry is its own.</summary>
    public static string ServerName(string host) => host == "docker.io" ? "registry-1.docker.io" : host;
}
