using System.Text.RegularExpressions;

namespace Holdfast.Agent.Images;

/// <summary>
/// The name of an image as a registry knows it. Short names get what Docker and every runtime give them:
/// <c>nginx</c> is <c>docker.io/library/nginx:latest</c>. Immutable.
/// </summary>
internal sealed partial record ImageName(string Registry, string Repository, string? Tag, string? Digest)
{
    private const string DefaultRegistry = "docker.io";

    // Grammar of github.com/distribution/reference.
    private const int MaxRepositoryLength = 255;

    public bool IsLatest => Digest is null && Tag == "latest";

    public static ImageName Parse(string text)
    {
        var rest = text;
        string? digest = null;
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            digest = rest[(at + 1)..];
            rest = rest[..at];
        }

        string? tag = null;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
        }

        var (registry, repository) = SplitRegistry(rest);
        if (
            repository.Length > MaxRepositoryLength
            || !RepositoryPattern().IsMatch(repository)
            || !RegistryPattern().IsMatch(registry)
            || (tag is not null && !TagPattern().IsMatch(tag))
            || (digest is not null && !DigestPattern().IsMatch(digest))
        )
        {
            throw new AgentException(
                AgentReason.InvalidImageName,
                $"cannot use image \"{text}\": it is not a valid image name; write [registry/]repository[:tag][@digest]"
            );
        }

        return new ImageName(registry, repository, tag ?? (digest is null ? "latest" : null), digest);
    }

    public override string ToString() =>
        $"{Registry}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    /// <summary>The first component is a registry only if it cannot be a directory on Docker Hub.</summary>
    private static (string Registry, string Repository) SplitRegistry(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isRegistry = first.Contains('.') || first.Contains(':') || first == "localhost";
        var registry = isRegistry ? first : DefaultRegistry;
        var repository = isRegistry ? name[(slash + 1)..] : name;
        if (registry is "index.docker.io")
        {
            registry = DefaultRegistry;
        }

        return registry == DefaultRegistry && !repository.Contains('/')
            ? (registry, "library/" + repository)
            : (registry, repository);
    }

    [GeneratedRegex(
        @"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$", RegexOptions.NonBacktracking)]
    private static partial Regex RegistryPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", RegexOptions.NonBacktracking)]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,}$", RegexOptions.NonBacktracking)]
    private static partial Regex DigestPattern();
}
