namespace Holdfast.Node.Facts;

/// <summary>The distribution, as <c>/etc/os-release</c> names it (os-release(5)).</summary>
/// <param name="Name">As people know it: <c>Debian GNU/Linux 12 (bookworm)</c>.</param>
/// <param name="Release">Whose packages fit this machine: <c>debian 12</c>; from ID and VERSION_ID.</param>
/// <param name="Kin">Its own name and those of the distributions it is made from: <c>debian</c>; from ID and ID_LIKE.</param>
public sealed record OsRelease(string Name, string Release, IReadOnlyList<string> Kin)
{
    public static OsRelease Unknown { get; } = Parse("");

    public static async Task<OsRelease> ReadAsync(Machine machine, CancellationToken cancellationToken) =>
        Parse(await machine.ReadTextAsync("/etc/os-release", cancellationToken) ?? "");

    /// <summary>Lines are <c>KEY=value</c> or <c>KEY="value"</c>. Releases in the making (Debian's testing) have no VERSION_ID.</summary>
    private static OsRelease Parse(string text)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal)))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            values[line[..equals]] = line[(equals + 1)..].Trim().Trim('"');
        }

        return new OsRelease(
            values.GetValueOrDefault("PRETTY_NAME") ?? "Linux",
            $"{values.GetValueOrDefault("ID", "linux")} {values.GetValueOrDefault("VERSION_ID", "without a number")}",
            $"{values.GetValueOrDefault("ID")} {values.GetValueOrDefault("ID_LIKE")}".Split(
                ' ',
                StringSplitOptions.RemoveEmptyEntries
            )
        );
    }
}
