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

    /// <summary>Each round has its own "before": between two of them a person may install what undo must not touch.</summary>
    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken)
    {
        var now = await Dpkg.ListAsync(machine, cancellationToken);
        return new JsonObject { ["before"] = ToJson(now.Installed) };
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

        var brought = ListBrought(change, now);
        var ours = now.Known.Where(name => brought.Contains(name) && !before.Contains(name)).ToHashSet();
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

    /// <summary>
    /// What each round brought. Without any result it was cut short: then all that is new is ours. With one, what a person
    /// installed later is not.
    /// </summary>
    private static HashSet<string> ListBrought(RecordedChange change, PackageList now)
    {
        var brought = new HashSet<string>();
        for (var round = 0; round < Math.Max(1, change.Intents.Count); round++)
        {
            var before = Names(change.Intents.ElementAtOrDefault(round) ?? change.Original, "before");
            // A round that was cut short has no result; a later one's has all that it brought.
            var result = change.Results.ElementAtOrDefault(round) ?? change.Results.LastOrDefault();
            var after = result is null ? now.Known : Names(result, "installed");
            brought.UnionWith(after.Except(before));
        }

        return brought;
    }

    private static HashSet<string> Names(JsonObject json, string key) =>
        (json[key] as JsonArray ?? []).Select(name => (string)name!).ToHashSet();
}
