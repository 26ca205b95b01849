using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>What CRI-O reads of registries: mirrors in the format of containers-registries.conf(5), and logins.</summary>
internal static class CrioRegistries
{
    /// <summary>Comes after <c>crio.conf</c> of CRI-O's own packages, which names two registries for short names.</summary>
    public const string File = $"{Directory}/zz-holdfast.conf";
    public const string Directory = "/etc/containers/registries.conf.d";
    public const string MainFile = "/etc/containers/registries.conf";
    public const string PolicyFile = "/etc/containers/policy.json";

    private const string SearchKey = "unqualified-search-registries";

    /// <summary>CRI-O pulls nothing without a policy; this is the one that every distribution ships.</summary>
    public const string Policy = """
        { "default": [ { "type": "insecureAcceptAnything" } ] }

        """;

    /// <summary>As CRI-O's packages bring it, so not a decision of an administrator.</summary>
    private const string PackagedFile = $"{Directory}/crio.conf";
    private static readonly string[] PackagedRegistries = ["docker.io", "quay.io"];

    /// <summary>
    /// Whether an administrator has decided which registries short names mean. A list of several is refused by CRI-O from 1.34 on,
    /// and every Kubernetes takes <c>nginx</c> for docker.io's.
    /// </summary>
    public static async Task<bool> KnowsShortNamesAsync(Machine machine, CancellationToken cancellationToken)
    {
        var dropIns = machine.ListFiles(Directory).Where(f => f.EndsWith(".conf", StringComparison.Ordinal));
        foreach (var file in dropIns.Prepend(MainFile).Where(file => file != File))
        {
            var content = await machine.ReadBytesAsync(file, cancellationToken);
            var searched = TomlDocument.Parse(content ?? [], file).Get(SearchKey) as TomlArray;
            var names = searched?.Items.OfType<TomlString>().Select(name => name.Value).ToArray() ?? [];
            var isPackaged = file == PackagedFile && names.SequenceEqual(PackagedRegistries);
            if (names.Length > 0 && !isPackaged)
            {
                return true;
            }
        }
        return false;
    }

    public static string Render(IReadOnlyList<RegistrySpec> registries, bool knowsShortNames)
    {
        var text = new StringBuilder(
            "# Written by Holdfast from the node document; write your own registries into another file.\n"
        );
        if (!knowsShortNames)
        {
            text.Append($"{SearchKey} = [\"docker.io\"]\n");
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

    private static string Quote(string text) => new TomlString(text).ToString();
}
