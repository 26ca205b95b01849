namespace Holdfast.Document;

/// <summary>The registries of a runtime. Notes every error in the map that it is given.</summary>
internal static class RegistryReader
{
    public static IReadOnlyList<RegistrySpec> Read(DocumentMap runtime)
    {
        var registries = new List<RegistrySpec>();
        foreach (var (node, path) in runtime.List("registries") ?? [])
        {
            var map = DocumentMap.Of(node, path, runtime.Errors);
            var host = map.Text("host", NameRules.RegistryHost);
            if (host is null && !map.Has("host", out _))
            {
                map.Report("host", "is missing");
            }
            if (registries.Any(r => r.Host == host))
            {
                map.Report("host", $"\"{host}\" is there twice");
            }
            var registry = new RegistrySpec(host ?? "", ReadMirrors(map)) { Credentials = ReadCredentials(map) };
            if (!map.Has("mirrors", out _) && !map.Has("credentials", out _))
            {
                map.Report("mirrors", "is missing; a registry has mirrors, credentials or both");
            }
            map.Finish();
            if (host is not null)
            {
                registries.Add(registry);
            }
        }
        return registries;
    }

    private static IReadOnlyList<Uri> ReadMirrors(DocumentMap registry)
    {
        var items = registry.List("mirrors");
        if (items is [])
        {
            registry.Report("mirrors", "must be a list of at least one address such as http://127.0.0.1:5000");
        }
        return
        [
            .. (items ?? [])
                .Select(i => DocumentMap.TextOf(i.Node, i.Path, registry.Errors, CheckMirror))
                .OfType<string>()
                .Select(text => new Uri(text)),
        ];
    }

    private static RegistryCredentials? ReadCredentials(DocumentMap registry)
    {
        if (!registry.Has("credentials", out _))
        {
            return null;
        }
        var map = registry.Map("credentials");
        var user = map.Text("username", NameRules.UserName);
        var file = map.Text("passwordFile", NameRules.AbsolutePath);
        foreach (var key in new[] { "username", "passwordFile" }.Where(key => !map.Has(key, out _)))
        {
            map.Report(key, "is missing");
        }
        if (map.Mentions("password"))
        {
            map.Report(
                "password",
                "does not belong into a document; write it into a file that only root can read and name that as passwordFile"
            );
        }
        map.Finish();
        return user is null || file is null ? null : new RegistryCredentials(user, file);
    }

    private static string? CheckMirror(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.Host.Length > 0
        && uri.UserInfo.Length == 0
        && uri.Query.Length == 0
        && uri.Fragment.Length == 0
        && !text.Any(c => char.IsControl(c) || c is ' ' or '"' or '\\')
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an http or https address without user, query and fragment";
}
