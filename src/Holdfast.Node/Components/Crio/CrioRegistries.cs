using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Node.Spec;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Components.Crio;

/// <summary>What CRI-O reads of registries: mirrors in the format of containers-registries.conf(5), and logins. Pure.</summary>
internal static class CrioRegistries
{
    public const string File = "/etc/containers/registries.conf.d/20-holdfast.conf";
    public const string MainFile = "/etc/containers/registries.conf";
    public const string PolicyFile = "/etc/containers/policy.json";

    /// <summary>CRI-O pulls nothing without a policy; this is the one that every distribution ships.</summary>
    public const string Policy = """
        { "default": [ { "type": "insecureAcceptAnything" } ] }

        """;

    /// <param name="main">The machine's registries.conf; null when there is none.</param>
    public static string Render(IReadOnlyList<RegistrySpec> registries, byte[]? main)
    {
        var text = new StringBuilder(
            "# Written by Holdfast from the node document; write your own registries into another file.\n"
        );
        var searches = TomlDocument.Parse(main ?? [], MainFile).Get("unqualified-search-registries");
        if (searches is not TomlArray { Items.Count: > 0 })
        {
            // "image: nginx" means docker.io in every Kubernetes; without this CRI-O refuses it.
            text.Append("unqualified-search-registries = [\"docker.io\"]\n");
        }
        foreach (var registry in registries.Where(r => r.Mirrors.Count > 0))
        {
            text.Append($"\n[[registry]]\nprefix = {Quote(registry.Host)}\nlocation = {Quote(registry.Host)}\n");
            foreach (var mirror in registry.Mirrors)
            {
                text.Append($"\n[[registry.mirror]]\nlocation = {Quote(LocationOf(mirror))}\n");
                if (mirror.Scheme == Uri.UriSchemeHttp)
                {
                    text.Append("insecure = true\n");
                }
            }
        }
        return text.ToString();
    }

    /// <summary>In the format of <c>docker login</c>.</summary>
    public static string RenderLogins(RuntimeSpec runtime, IReadOnlyDictionary<string, string> passwords)
    {
        var auths = new JsonObject();
        foreach (var registry in runtime.Registries)
        {
            if (registry.Credentials is { } login && passwords.TryGetValue(registry.Host, out var password))
            {
                var bytes = Encoding.UTF8.GetBytes($"{login.Username}:{password}");
                auths[registry.Host] = new JsonObject { ["auth"] = Convert.ToBase64String(bytes) };
            }
        }
        return new JsonObject { ["auths"] = auths }.ToJsonString(new JsonSerializerOptions { WriteIndented = true })
            + "\n";
    }

    /// <summary>Host, port and path without scheme, and without the <c>v2</c> that every request has anyway.</summary>
    private static string LocationOf(Uri mirror)
    {
        var path = mirror.AbsolutePath.Trim('/');
        var rest =
            path == "v2" ? ""
            : path.StartsWith("v2/", StringComparison.Ordinal) ? path["v2/".Length..]
            : path;
        return rest.Length == 0 ? mirror.Authority : $"{mirror.Authority}/{rest}";
    }

    private static string Quote(string text) => TomlText.Of(text);
}
