using System.Net;
using System.Text;
using Holdfast.Document;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// The <c>hosts.toml</c> of one registry, read by containerd at every pull.
/// Source: docs/hosts.md of containerd.
/// </summary>
internal static class RegistryHosts
{
    /// <summary>From the present content to one that has the mirrors; what a person added stays.</summary>
    /// <param name="files">
    /// What lies beside it. Without a <c>hosts.toml</c> containerd takes certificates and keys by their names, as Docker does;
    /// with one, only those that it names.
    /// </param>
    public static byte[] Edit(byte[]? current, RegistrySpec registry, string file, IReadOnlyList<string>? files = null)
    {
        var document = TomlDocument.Parse(current ?? [], file);
        if (current is null)
        {
            document = AddCertificates(document, files ?? []);
        }
        // What containerd does by default: https, but for this machine itself http where the port does not speak TLS.
        if (document.Get("server") is null && !IsThisMachine(registry.Host))
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

    private static TomlDocument AddCertificates(TomlDocument document, IReadOnlyList<string> files)
    {
        var authorities = files.Where(file => file.EndsWith(".crt", StringComparison.Ordinal)).ToArray();
        var clients = files
            .Where(file => file.EndsWith(".cert", StringComparison.Ordinal))
            .Select(certificate => (certificate, key: Path.ChangeExtension(certificate, ".key")))
            .Where(pair => files.Contains(pair.key))
            .Select(pair => TomlArray.Of([pair.certificate, pair.key]))
            .ToArray();
        document = authorities.Length > 0 ? document.Set(TomlPath.Of("ca"), TomlArray.Of(authorities)) : document;
        return clients.Length > 0 ? document.Set(TomlPath.Of("client"), new TomlArray(clients)) : document;
    }

    private static bool IsThisMachine(string host)
    {
        var name = host.StartsWith('[') ? host[1..].Split(']')[0] : host.Split(':')[0];
        return name == "localhost" || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
    }

    private static string Server(string host) => $"https://{ServerName(host)}";

    /// <summary>Images of docker.io are served by another host; every other registry is its own.</summary>
    public static string ServerName(string host) => host == "docker.io" ? "registry-1.docker.io" : host;
}
