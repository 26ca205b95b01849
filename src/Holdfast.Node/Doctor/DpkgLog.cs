using System.Globalization;

namespace Holdfast.Node.Doctor;

/// <summary>One line of dpkg's log that changed a package.</summary>
/// <param name="At">In the machine's own time zone, to the second, as dpkg writes it.</param>
/// <param name="Action"><c>install</c>, <c>upgrade</c>, <c>remove</c> or <c>purge</c>.</param>
/// <param name="Package">Without its architecture.</param>
internal sealed record DpkgLogLine(DateTime At, string Action, string Package, string OldVersion, string NewVersion)
{
    public override string ToString()
    {
        var versions = Action == "upgrade" ? $" from {OldVersion} to {NewVersion}" : "";
        return $"package {Package} was {Past}{versions} on {At.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}";
    }

    private string Past =>
        Action switch
        {
            "upgrade" => "upgraded",
            "install" => "installed",
            "remove" => "removed",
            _ => "purged",
        };
}

/// <summary>What dpkg's log tells. Source: dpkg(1), --log; the log is rotated monthly, what is older is not told.</summary>
internal static class DpkgLog
{
    private const string FilePath = "/var/log/dpkg.log";

    private static readonly string[] Actions = ["install", "upgrade", "remove", "purge"];

    /// <summary>Oldest first; empty where there is no log.</summary>
    public static async Task<IReadOnlyList<DpkgLogLine>> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var text = await machine.ReadTextAsync(FilePath, cancellationToken) ?? "";
        return text.Split('\n').Select(Parse).OfType<DpkgLogLine>().ToArray();
    }

    /// <summary>For example <c>2026-11-22 08:00:01 upgrade containerd:amd64 1.6.20 1.6.24</c>.</summary>
    private static DpkgLogLine? Parse(string line)
    {
        var words = line.Split(' ');
        return
            words.Length == 6
            && Actions.Contains(words[2])
            && DateTime.TryParseExact(
                $"{words[0]} {words[1]}",
                "yyyy-MM-dd HH:mm:ss",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var at
            )
            ? new DpkgLogLine(at, words[2], words[3].Split(':')[0], words[4], words[5])
            : null;
    }
}
