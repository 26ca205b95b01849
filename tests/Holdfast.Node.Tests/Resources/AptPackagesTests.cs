using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Tests.Resources;

public sealed class AptPackagesTests : IDisposable
{
    private readonly TemporaryMachine node = new();
    private readonly Dictionary<string, string> packages = new()
    {
        ["libc6:amd64"] = "install ok installed",
        ["base-files"] = "install ok installed",
        ["old-conf"] = "deinstall ok config-files",
    };

    public AptPackagesTests()
    {
        node.Answer("dpkg-query --show", QueryDpkg);
        node.Answer("apt-get", AptGet);
    }

    private HashSet<string> Unknown { get; } = [];

    /// <summary>Removing the key takes the value along.</summary>
    private Dictionary<string, string> Dependents { get; } = [];

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Undo_purges_the_package_and_what_came_with_it_and_nothing_else()
    {
        await node.ApplyAsync(new AptPackagesResource("containerd"));
        packages["vim"] = "install ok installed"; // a person installed it later

        await node.UndoAsync();

        Assert.Equal(["base-files", "libc6:amd64", "old-conf", "vim"], packages.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Undo_after_a_repair_leaves_what_a_person_installed_in_between()
    {
        await node.ApplyAsync(new AptPackagesResource("containerd"));
        packages["postgresql"] = "install ok installed";
        packages.Remove("containerd");
        await node.ApplyAsync(new AptPackagesResource("containerd"));

        await node.UndoAsync();

        Assert.Equal(
            ["base-files", "libc6:amd64", "old-conf", "postgresql"],
            packages.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Package_that_is_there_is_neither_installed_nor_purged()
    {
        packages["containerd"] = "install ok installed";
        await node.ApplyAsync(new AptPackagesResource("containerd"));
        await node.UndoAsync();
        Assert.DoesNotContain(node.CommandsRun, line => line.StartsWith("apt-get", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Package_lists_are_fetched_only_when_the_package_is_unknown()
    {
        await node.ApplyAsync(new AptPackagesResource("containerd"));
        Assert.DoesNotContain(node.CommandsRun, line => line.Contains(" update", StringComparison.Ordinal));

        Unknown.Add("runc-extra");
        await node.ApplyAsync(new AptPackagesResource("runc-extra"));
        Assert.Contains(node.CommandsRun, line => line.EndsWith(" update", StringComparison.Ordinal));
        Assert.Contains("runc-extra", packages.Keys);
    }

    [Fact]
    public async Task Package_that_something_newer_needs_stays_and_is_named()
    {
        await node.ApplyAsync(new AptPackagesResource("containerd"));
        packages["kubelet"] = "install ok installed";
        Dependents["containerd"] = "kubelet";

        var result = await node.UndoAsync();

        Assert.Contains("containerd", packages.Keys);
        Assert.DoesNotContain("containerd-dep", packages.Keys);
        Assert.Contains("containerd", Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_left_by_an_earlier_removal_is_left_again()
    {
        await node.ApplyAsync(new AptPackagesResource("old-conf"));
        await node.UndoAsync();
        Assert.Equal("deinstall ok config-files", packages["old-conf"]);
        Assert.DoesNotContain("old-conf-dep", packages.Keys);
    }

    [Fact]
    public async Task Installation_that_was_killed_in_the_middle_is_completed_first()
    {
        var isBroken = true;
        node.Answer("dpkg --configure -a", effect: () => isBroken = false);
        node.Answer(
            "apt-get",
            command =>
                isBroken
                    ? new ChildResult(100, "", "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\n")
                    : AptGet(command)
        );
        await node.ApplyAsync(new AptPackagesResource("containerd"));
        Assert.Contains("containerd", packages.Keys);
    }

    [Fact]
    public async Task Failure_says_the_cause_in_apt_s_words_and_what_to_do()
    {
        node.Answer(
            "apt-get",
            exitCode: 100,
            error: "W: whatever\nE: Failed to fetch http://deb/x  Could not resolve 'deb'\nE: second\n"
        );
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            node.ApplyAsync(new AptPackagesResource("containerd"))
        );
        Assert.Equal(NodeReason.PackagesFailed, failure.Reason);
        Assert.StartsWith(
            "cannot install containerd: Failed to fetch http://deb/x  Could not resolve 'deb'; check the network",
            failure.Message,
            StringComparison.Ordinal
        );
    }

    private ChildResult QueryDpkg(ChildCommand command)
    {
        var asked = command.Arguments.Skip(2).ToArray();
        var rows = packages
            .Where(pair => asked.Length == 0 || asked.Contains(pair.Key.Split(':')[0]))
            .Select(pair => $"{pair.Key}\t{pair.Key.Split(':')[0]}\t{pair.Value}\n");
        return new ChildResult(0, string.Concat(rows), "");
    }

    private ChildResult AptGet(ChildCommand command)
    {
        var words = command
            .Arguments.SkipWhile(word => word is not ("install" or "update" or "purge" or "remove"))
            .ToArray();
        var names = words.Skip(1).Where(word => word[0] != '-' && !word.Contains('=')).ToArray();
        switch (words[0])
        {
            case "update":
                Unknown.Clear();
                return new ChildResult(0, "", "");
            case "install" when names.Any(Unknown.Contains):
                return new ChildResult(100, "", $"E: Unable to locate package {names[0]}\n");
            case "install":
                foreach (var name in names.SelectMany(name => new[] { name, name + "-dep" }))
                {
                    packages[name] = "install ok installed";
                }

                return new ChildResult(0, "Setting up\n", "");
            default:
                return Remove(words[0], names, command.Arguments.Contains("--simulate"));
        }
    }

    private ChildResult Remove(string verb, string[] names, bool simulate)
    {
        var gone = names
            .Concat(names.Where(Dependents.ContainsKey).Select(name => Dependents[name]))
            .Distinct()
            .ToArray();
        if (simulate)
        {
            return new ChildResult(0, string.Concat(gone.Select(name => $"Purg {name} [1.0]\n")), "");
        }

        foreach (var name in gone)
        {
            if (verb == "purge")
            {
                packages.Remove(name);
            }
            else
            {
                packages[name] = "deinstall ok config-files";
            }
        }

        return new ChildResult(0, "", "");
    }
}
