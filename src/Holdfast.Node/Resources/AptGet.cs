using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Holdfast.Linux;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Resources;

/// <summary>Installs and removes packages without asking anybody anything. Stateless.</summary>
internal static partial class AptGet
{
    /// <summary>A runtime and its dependencies over a slow mobile line.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <summary>Seconds to wait for another apt (unattended upgrades run for minutes after the first boot).</summary>
    private const string LockWaitSeconds = "600";

    private static readonly Dictionary<string, string?> Quiet = new()
    {
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["DEBCONF_NONINTERACTIVE_SEEN"] = "true",
        ["NEEDRESTART_MODE"] = "l",
        ["LC_ALL"] = "C",
    };

    /// <summary>
    /// Installs the packages with what the package lists know; only when they do not know a package or what they know is
    /// gone from the mirror are they fetched anew, which on a slow line is the longest part.
    /// </summary>
    public static async Task InstallAsync(
        Machine machine,
        IReadOnlyList<string> packages,
        CancellationToken cancellationToken
    )
    {
        var names = string.Join(", ", packages);
        machine.Progress?.Report($"installing {names}");

        using var offline = machine.Bundle is { } bundle
            ? await PackageRepository.OpenAsync(machine, bundle, cancellationToken)
            : null;

        // Configuration files that a person left or changed win over the package's.
        IReadOnlyList<string> install =
        [
            .. offline?.Options ?? [],
            "install",
            "-y",
            "--no-install-recommends",
            "-o",
            "Dpkg::Options::=--force-confdef",
            "-o",
            "Dpkg::Options::=--force-confold",
            .. packages,
        ];
        var first = await RunRepairedAsync(machine, install, cancellationToken);
        if (first.Succeeded)
        {
            return;
        }

        if (machine.Bundle is { } from)
        {
            throw Failed($"cannot install {names} from {from.Path}", first);
        }

        if (!NeedsNewLists(first))
        {
            throw Failed($"cannot install {names}", first);
        }

        machine.Progress?.Report("fetching the package lists");
        var update = await RunAsync(machine, ["update"], cancellationToken);
        machine.Progress?.Report($"installing {names}");
        var second = await RunAsync(machine, install, cancellationToken);
        if (!second.Succeeded)
        {
            throw Failed($"cannot install {names}", update.Succeeded ? second : update);
        }
    }

    /// <summary>Removes packages as far as only they themselves are affected.</summary>
    /// <param name="packages">All that shall go.</param>
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
            var gone = await SimulateAsync(machine, [package], cancellationToken);
            if (gone.Select(name => AsListed(name, [.. packages])).All(packages.Contains))
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
            ? RemovedPattern()
                .Matches(result.StandardOutput)
                .Select(match => AsListed(match.Groups["name"].Value, packages))
                .ToHashSet()
            : throw Failed("cannot tell what removing packages would do", result);
    }

    /// <summary>apt-get names a package of the machine's own architecture plainly, dpkg some of them as name:arch.</summary>
    private static string AsListed(string name, IReadOnlyCollection<string> packages)
    {
        var own = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        return packages.Contains($"{name}:{own}") ? $"{name}:{own}" : name;
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
                ["-q", "-o", $"DPkg::Lock::Timeout={LockWaitSeconds}", "-o", "APT::Color=0", .. arguments]
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

    /// <summary>Lines such as <c>Purg libnftnl11 [1.2.4-2]</c> and <c>Remv libc6:i386 [2.36]</c>.</summary>
    [GeneratedRegex(
        @"^(Remv|Purg) (?<name>\S+) ",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex RemovedPattern();
}
