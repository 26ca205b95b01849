using System.Globalization;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Packages;

/// <summary>Waits for other package managers: unattended upgrades run for minutes after the first boot.</summary>
internal static class AptLock
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Relative to apt's directory of dpkg's status; apt holds the first as long as it runs.</summary>
    private static readonly string[] Files = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"];

    /// <summary>Says who is waited for. After <paramref name="limit"/> it returns: apt then says what is wrong.</summary>
    public static async Task WaitAsync(Machine machine, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = machine.Time.GetTimestamp();
        int? told = null;
        while (FindHolder(machine) is { } holder && machine.Time.GetElapsedTime(start) < limit)
        {
            if (holder != told)
            {
                told = holder;
                machine.Progress?.Report(
                    $"waiting for {ProcessTable.NameOf(holder) ?? "another package manager"} (process {holder}), which installs packages"
                );
            }

            await Task.Delay(PollInterval, machine.Time, cancellationToken);
        }
    }

    /// <summary>Lines such as <c>1: POSIX  ADVISORY  WRITE 4711 08:01:131208 0 EOF</c> (proc_locks(5)).</summary>
    private static int? FindHolder(Machine machine)
    {
        var inodes = Files.Select(machine.Status).OfType<FileStatus>().Select(status => $":{status.Inode}").ToArray();
        return inodes.Length == 0
            ? null
            : File.ReadLines("/proc/locks")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(words =>
                    words is [_, "POSIX", _, "WRITE", _, var place, ..]
                    && inodes.Any(inode => place.EndsWith(inode, StringComparison.Ordinal))
                )
                .Select(words =>
                    int.TryParse(words[4], CultureInfo.InvariantCulture, out var id) && id > 0 ? id : (int?)null
                )
                .FirstOrDefault(id => id is not null && id != Environment.ProcessId);
    }
}
