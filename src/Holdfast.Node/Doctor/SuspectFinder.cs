using System.Globalization;
using Holdfast.Linux;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node.Doctor;

/// <summary>
/// Names what may have changed something that Holdfast put in place: a package that was upgraded since, or an edit of the
/// file. Changes nothing. Safe from any thread.
/// </summary>
public sealed class SuspectFinder
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Machine machine;
    private readonly IReadOnlyList<DpkgLogLine> packages;

    private SuspectFinder(Machine machine, IReadOnlyList<DpkgLogLine> packages)
    {
        this.machine = machine;
        this.packages = packages;
    }

    public static async Task<SuspectFinder> CreateAsync(Machine machine, CancellationToken cancellationToken) =>
        new(machine, await DpkgLog.ReadAsync(machine, cancellationToken));

    /// <summary>Null when there is no suspect, or the step was never made.</summary>
    public async Task<string?> FindAsync(PlanStep step, CancellationToken cancellationToken)
    {
        if (step is not { HasDrifted: true, Applied: { } applied })
        {
            return null;
        }

        var subject = step.Id[(step.Id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (step.Kind == PackagesChange.PackagesKind.Name)
        {
            return LastChange(subject.Split(' ', ','), applied.At)?.ToString();
        }

        return subject.StartsWith('/') ? await FindEditorAsync(subject, applied.At, cancellationToken) : null;
    }

    private async Task<string> FindEditorAsync(string path, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (LastChange(await FindOwnersAsync(path, cancellationToken), since) is { } change)
        {
            return change.ToString();
        }

        if (machine.Status(path) is not { } status)
        {
            return $"{path} was removed";
        }

        var at = status.ModifiedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return $"{path} was changed, last on {at}";
    }

    private DpkgLogLine? LastChange(IReadOnlyCollection<string> names, DateTimeOffset since)
    {
        // The log has local time without its offset, and whole seconds.
        var from = since.ToLocalTime().DateTime.AddSeconds(-1);
        return packages.LastOrDefault(line =>
            line.At > from && line.Action != "install" && names.Contains(line.Package)
        );
    }

    /// <summary>The packages that the file belongs to; none where dpkg does not know it, or is not there.</summary>
    private async Task<IReadOnlyCollection<string>> FindOwnersAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await machine.RunAsync(
                new ChildCommand("dpkg-query", "--search", path),
                Timeout,
                cancellationToken
            );
            // For example "containerd: /etc/containerd/config.toml", or "a, b:amd64: /path".
            var end = answer.StandardOutput.IndexOf(": /", StringComparison.Ordinal);
            return answer.Succeeded && end > 0
                ? [.. answer.StandardOutput[..end].Split(", ").Select(name => name.Split(':')[0])]
                : [];
        }
        catch (LinuxException)
        {
            return [];
        }
    }
}
