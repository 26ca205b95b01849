namespace Holdfast.Document;

/// <summary>The registries of a runtime.</summary>
internal static class RegistryReader
{
    private static readonly NameRule Mirror = new(
        "an http or https address without user, query and fragment",
        text =>
            Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.Host.Length > 0
            && uri.UserInfo.Length == 0
            && uri.Query.Length == 0
            && uri.Fragment.Length == 0
            && !text.Any(c => char.IsControl(c) || c is ' ' or '"' or '\\')
    );

    public static IReadOnlyList<RegistrySpec> Read(DocumentMap runtime)
    {
        var hosts = new HashSet<string>();
        return [.. (runtime.Maps("registries") ?? []).Select(map => ReadRegistry(map, hosts))];
    }

    private static RegistrySpec ReadRegistry(DocumentMap map, HashSet<string> hosts)
    {
        if (!map.Has("mirrors") && !map.Has("credentials"))
        {
            map.Report("mirrors", "is missing; a registry has mirrors, credentials or both");
        }
        var host = map.RequiredText(
            "host",
            text => NameRules.RegistryHost.Check(text) ?? (hosts.Add(text) ? null : $"\"{text}\" is there twice")
        );
        var mirrors = map.Texts(
            "mirrors",
            Mirror,
            "must be a list of at least one address such as http://127.0.0.1:5000"
        );
        return new RegistrySpec(host ?? "", [.. (mirrors ?? []).Select(text => new Uri(text))])
        {
            Credentials = map.Has("credentials") ? ReadCredentials(map.Map("credentials")) : null,
        };
    }

    private static RegistryCredentials ReadCredentials(DocumentMap map)
    {
        if (map.Mentions("password"))
        {
            map.Report(
                "password",
                "does not belong into a document; write it into a file that only root can read and name that as passwordFile"
            );
        }
        return new RegistryCredentials(
            map.RequiredText("username", NameRules.UserName) ?? "",
            map.RequiredText("passwordFile", NameRules.AbsolutePath) ?? ""
        );
    }
}
