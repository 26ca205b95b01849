using System.Text.RegularExpressions;
using Holdfast.Linux;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Software.Packages;

/// <summary>Plans, installs and removes packages without questions.</summary>
internal static partial class AptGet
{
    /// <summary>A runtime and its dependencies over a slow mobile line.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <summary>How long another apt is waited for: unattended upgrades run for minutes after the first boot.</summary>
    private static readonly TimeSpan LockWait = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Configuration files that a person left or changed win over the package's. What would have to be removed for it is never
    /// installed: undo could not bring that back.
    /// </summary>
    private static readonly string[] Install =
    [
        "install",
        "-y",
        "--no-install-recommends",
        "--no-remove",
        "-o",
        "Dpkg::Options::=--force-confdef",
        "-o",
        "Dpkg::Options::=--force-confold",
    ];

    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["DEBCONF_NONINTERACTIVE_SEEN"] = "true",
        ["NEEDRESTART_MODE"] = "l",
        ["LC_ALL"] = "C",
    };

    /// <summary>
    /// What installing these would newly bring, by apt's own simulation; all of it is fetched then. Only when the package lists do
    /// not know a package, or what they know is gone from the mirror, are they fetched anew, which on a slow line is the longest
    /// part.
    /// </summary>
    /// <returns>Names as apt has them: with <c>:arch</c> for a foreign architecture.</returns>
    public static async Task<IReadOnlyList<string>> PlanAsync(
        Machine machine,
        IReadOnlyList<string> packages,
        CancellationToken cancellationToken
    )
    {
        await AptLock.WaitAsync(machine, LockWait, cancellationToken);
        using var offline = await OpenBundleAsync(machine, cancellationToken);
        machine.Progress?.Report($"fetching {string.Join(", ", packages)}");
        var (plan, failed) = await TryPlanAsync(machine, offline, packages, cancellationToken);
        if (failed is not null && NeedsNewLists(failed) && machine.Bundle is null)
        {
            machine.Progress?.Report("fetching the package lists");
            var update = await RunAsync(machine, ["update"], cancellationToken);
            (plan, failed) = await TryPlanAsync(machine, offline, packages, cancellationToken);
            failed = failed is not null && !update.Succeeded ? update : failed;
        }

        return failed is null ? plan : throw await ExplainAsync(machine, packages, failed, cancellationToken);
    }

    /// <param name="record">File for what apt is about to unpack (<see cref="AptRecord"/>).</param>
    public static async Task InstallAsync(
        Machine machine,
        IReadOnlyList<string> packages,
        string record,
        CancellationToken cancellationToken
    )
    {
        await AptLock.WaitAsync(machine, LockWait, cancellationToken);
        using var offline = await OpenBundleAsync(machine, cancellationToken);
        machine.Progress?.Report($"installing {string.Join(", ", packages)}");
        var result = await RunRepairedAsync(
            machine,
            [.. offline?.Options ?? [], .. AptRecord.Options(record), .. Install, .. packages],
            cancellationToken
        );
        if (!result.Succeeded)
        {
            throw await ExplainAsync(machine, packages, result, cancellationToken);
        }
    }

    private static async Task<PackageRepository?> OpenBundleAsync(
        Machine machine,
        CancellationToken cancellationToken
    ) => machine.Bundle is { } bundle ? await PackageRepository.OpenAsync(machine, bundle, cancellationToken) : null;

    private static async Task<(IReadOnlyList<string> Plan, ChildResult? Failed)> TryPlanAsync(
        Machine machine,
        PackageRepository? offline,
        IReadOnlyList<string> packages,
        CancellationToken cancellationToken
    )
    {
        string[] install = [.. offline?.Options ?? [], .. Install, .. packages];
        var plan = await RunAsync(machine, ["--simulate", .. install], cancellationToken);
        if (!plan.Succeeded)
        {
            return ([], plan);
        }

        var fetched = await RunRepairedAsync(machine, ["--download-only", .. install], cancellationToken);
        return fetched.Succeeded
            ? (NewPattern().Matches(plan.StandardOutput).Select(match => match.Groups["name"].Value).ToArray(), null)
            : ([], fetched);
    }

    private static async Task<NodeException> ExplainAsync(
        Machine machine,
        IReadOnlyList<string> packages,
        ChildResult failed,
        CancellationToken cancellationToken
    )
    {
        var what = $"cannot install {string.Join(", ", packages)}";
        if (machine.Bundle is { } bundle)
        {
            return Failed($"{what} from {bundle.Path}", failed);
        }

        if (!failed.StandardError.Contains("remove is disabled", StringComparison.Ordinal))
        {
            return Failed(what, failed);
        }

        var plan = await RunAsync(machine, ["--simulate", "install", .. packages], cancellationToken);
        var removed = RemovedPattern().Matches(plan.StandardOutput).Select(match => match.Groups["name"].Value);
        return new NodeException(
            NodeReason.PackagesFailed,
            $"{what}: apt would remove {string.Join(", ", removed)} for it; nothing was changed; remove them yourself, or say "
                + "install: { present: {} } in the node document to use what is there"
        );
    }

    /// <summary>Removes packages as far as only they themselves are affected.</summary>
    /// <param name="packages">All that go.</param>
    /// <param name="purge">Those of them whose configuration goes too.</param>
    /// <returns>Those that stay because something else needs them.</returns>
    public static async Task<IReadOnlyList<string>> RemoveAsync(
        Machine machine,
        IReadOnlySet<string> packages,
        IReadOnlySet<string> purge,
        CancellationToken cancellationToken
    )
    {
        var removable = await ChooseRemovableAsync(machine, packages, cancellationToken);
        machine.Progress?.Report($"removing {removable.Count} packages");
        await RemoveAsync(machine, "purge", removable.Where(purge.Contains), cancellationToken);
        await RemoveAsync(machine, "remove", removable.Where(name => !purge.Contains(name)), cancellationToken);
        return packages.Except(removable).ToArray();
    }

    private static async Task RemoveAsync(
        Machine machine,
        string verb,
        IEnumerable<string> packages,
        CancellationToken cancellationToken
    )
    {
        var names = packages.Order(StringComparer.Ordinal).ToArray();
        if (names.Length == 0)
        {
            return;
        }

        var result = await RunRepairedAsync(machine, [verb, "-y", .. names], cancellationToken);
        if (!result.Succeeded)
        {
            throw Failed($"cannot remove {string.Join(", ", names)}", result);
        }
    }

    private static async Task<IReadOnlySet<string>> ChooseRemovableAsync(
        Machine machine,
        IReadOnlySet<string> packages,
        CancellationToken cancellationToken
    )
    {
        if ((await SimulateAsync(machine, [.. packages], cancellationToken)).IsSubsetOf(packages))
        {
            return packages;
        }

        // Something that came from elsewhere hangs on some of them: find those by trying one at a time.
        var removable = new HashSet<string>();
        foreach (var package in packages)
        {
            if ((await SimulateAsync(machine, [package], cancellationToken)).IsSubsetOf(packages))
            {
                removable.Add(package);
            }
        }

        return removable;
    }

    /// <summary>What would go if these went.</summary>
    private static async Task<IReadOnlySet<string>> SimulateAsync(
        Machine machine,
        IReadOnlyCollection<string> packages,
        CancellationToken cancellationToken
    )
    {
        var result = await RunAsync(machine, ["--simulate", "purge", .. packages], cancellationToken);
        return result.Succeeded
            ? RemovedPattern().Matches(result.StandardOutput).Select(match => match.Groups["name"].Value).ToHashSet()
            : throw Failed("cannot tell what removing packages would do", result);
    }

    /// <summary>Runs apt-get; when an earlier one was killed in the middle, completes that one's work first.</summary>
    private static async Task<ChildResult> RunRepairedAsync(
        Machine machine,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken
    )
    {
        var first = await RunAsync(machine, arguments, cancellationToken);
        if (first.Succeeded || !first.StandardError.Contains("dpkg was interrupted", StringComparison.Ordinal))
        {
            return first;
        }

        machine.Progress?.Report("completing an interrupted installation");
        await machine.RunAsync(
            new ChildCommand("dpkg", "--configure", "-a", "--force-confdef", "--force-confold")
            {
                Environment = Quiet,
                HasOwnSession = true,
            },
            Timeout,
            CancellationToken.None
        );
        return await RunAsync(machine, arguments, cancellationToken);
    }

    /// <summary>
    /// Once begun it is seen through, whoever loses patience: a dpkg that is killed between two packages leaves a machine
    /// on which nothing can be installed until a person repairs it.
    /// </summary>
    private static async Task<ChildResult> RunAsync(
        Machine machine,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await machine.RunAsync(
            new ChildCommand(
                "apt-get",
                ["-q", "-o", $"DPkg::Lock::Timeout={LockWait.TotalSeconds:0}", "-o", "APT::Color=0", .. arguments]
            )
            {
                Environment = Quiet,
                HasOwnSession = true,
                OnOutputLine = line => Report(machine, line),
            },
            Timeout,
            CancellationToken.None
        );
    }

    private static void Report(Machine machine, string line)
    {
        if (StepPattern().IsMatch(line))
        {
            machine.Progress?.Report(line);
        }
    }

    private static bool NeedsNewLists(ChildResult result) =>
        result.StandardError.Contains("Unable to locate package", StringComparison.Ordinal)
        || result.StandardError.Contains("has no installation candidate", StringComparison.Ordinal)
        || result.StandardError.Contains("Unable to fetch", StringComparison.Ordinal)
        || result.StandardError.Contains("Failed to fetch", StringComparison.Ordinal)
        || result.StandardError.Contains("unmet dependencies", StringComparison.Ordinal);

    private static NodeException Failed(string what, ChildResult result)
    {
        var errors = result
            .StandardError.Split('\n', StringSplitOptions.TrimEntries)
            .Where(line => line.StartsWith("E: ", StringComparison.Ordinal))
            .Select(line => line[3..])
            .ToArray();
        var cause = errors.Length == 0 ? result.LastErrorLine : errors[0];
        var remedy = cause.Contains("Could not get lock", StringComparison.Ordinal)
            ? "another package manager is at work; let it end and run the same command again"
            : "check the network and the apt sources (apt-get update must succeed), then run the same command again";
        return new NodeException(NodeReason.PackagesFailed, $"{what}: {cause}; {remedy}");
    }

    [GeneratedRegex(
        @"^(Get:\d+ |Unpacking |Setting up |Removing |Purging )",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex StepPattern();

    /// <summary>
    /// Lines such as <c>Inst runc (1.1.5 Debian:12 [amd64])</c>. In that of an upgrade the installed version comes first.
    /// </summary>
    [GeneratedRegex(
        @"^Inst (?<name>\S+) \(",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex NewPattern();

    /// <summary>Lines such as <c>Purg libnftnl11 [1.2.4-2]</c> and <c>Remv libc6:i386 [2.36]</c>.</summary>
    [GeneratedRegex(
        @"^(Remv|Purg) (?<name>\S+) ",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex RemovedPattern();
}
