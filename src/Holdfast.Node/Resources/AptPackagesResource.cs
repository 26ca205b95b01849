using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>Packages of the distribution that are installed. Undo purges exactly what came along with them.</summary>
internal sealed class AptPackagesResource : IResource, IPackages
{
    public const string KindName = "apt";
    private readonly IReadOnlyList<string> packages;

    public AptPackagesResource(params IReadOnlyList<string> packages)
    {
        this.packages = packages;
    }

    public IReadOnlyList<string> Packages => packages;

    public string Kind => KindName;

    public string Id => $"{Kind}:{string.Join(',', packages)}";

    public string Title =>
        packages.Count == 1
            ? $"package {packages[0]} is installed"
            : $"packages {string.Join(", ", packages)} are installed";

    public string? Why { get; init; }

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var missing = await ListMissingAsync(machine, cancellationToken);
        return missing.Count == 0
            ? Inspection.AsWanted($"{string.Join(", ", packages)} installed")
            : Inspection.Differs($"not installed: {string.Join(", ", missing)}");
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var before = await Dpkg.ListAsync(machine, cancellationToken);
        return new JsonObject
        {
            ["installed"] = ToJson(before.Installed),
            ["configurationLeft"] = ToJson(before.ConfigurationLeft),
        };
    }

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var missing = await ListMissingAsync(machine, cancellationToken);
        if (missing.Count > 0)
        {
            await AptGet.InstallAsync(machine, missing, cancellationToken);
        }
    }

    public async Task<JsonObject?> DescribeResultAsync(Machine machine, CancellationToken cancellationToken)
    {
        var after = await Dpkg.ListAsync(machine, cancellationToken);
        return new JsonObject { ["installed"] = ToJson(after.Installed) };
    }

    private async Task<IReadOnlyList<string>> ListMissingAsync(Machine machine, CancellationToken cancellationToken)
    {
        var installed = await Dpkg.ListInstalledAsync(machine, packages, cancellationToken);
        return packages.Where(package => !installed.Contains(package)).ToArray();
    }

    private static JsonArray ToJson(IEnumerable<string> names) => new(names.Select(name => (JsonNode)name).ToArray());
}

/// <summary>
/// Purges the packages that were installed by one change, dependencies included, as far as nothing that came from
/// elsewhere needs them. Stateless.
/// </summary>
internal sealed class AptPackagesUndo : IUndo
{
    public string Kind => AptPackagesResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var before = Names(change.Original, "installed");
        var now = await Dpkg.ListAsync(machine, cancellationToken);

        // Without a result the change was cut short: then all that is new is ours. With one, what a person installed
        // later is not.
        var after = change.Results.Count == 0 ? now.Known : Names(change.Results[^1], "installed");
        var ours = now.Known.Where(name => after.Contains(name) && !before.Contains(name)).ToHashSet();
        ours.ExceptWith(Names(change.Original, "configurationLeft").Where(now.ConfigurationLeft.Contains));
        if (ours.Count == 0)
        {
            return null;
        }

        // A package that was removed before us but left its configuration must become that again, not less.
        var purge = ours.Except(Names(change.Original, "configurationLeft")).ToHashSet();
        var kept = await AptGet.RemoveAsync(machine, ours, purge, cancellationToken);
        return kept.Count == 0
            ? null
            : $"packages that others need by now stay installed: {string.Join(", ", kept.Order(StringComparer.Ordinal))}";
    }

    private static HashSet<string> Names(JsonObject json, string key) =>
        (json[key] as JsonArray ?? []).Select(name => (string)name!).ToHashSet();
}
