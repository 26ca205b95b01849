using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>
/// Values in a file of kernel parameters that belongs to somebody else, changed where they stand: comments, order and
/// white space stay.
/// </summary>
internal sealed class SysctlFileResource : IResource
{
    public const string KindName = "sysctl-file";
    private readonly IReadOnlyDictionary<string, string> values;
    private readonly FileResource file;

    /// <param name="values">Wanted value by path below <c>/proc/sys</c>; the file has a line for each.</param>
    public SysctlFileResource(string path, IReadOnlyDictionary<string, string> values)
    {
        this.values = values;
        file = new FileResource(path, current => Edit(current, values)) { Kind = KindName };
        Title = $"{path} says the same of {string.Join(", ", values.Keys.Select(key => key.Replace('/', '.')))}";
    }

    public string Kind => KindName;

    public string Id => file.Id;

    public string Title { get; }

    public string? Why => "the distribution sets it there";

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        file.InspectAsync(machine, cancellationToken);

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        file.RecordOriginalAsync(machine, cancellationToken);

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken)
    {
        var intent = await file.DescribeIntentAsync(machine, cancellationToken);
        intent!["values"] = new JsonObject(values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        return intent;
    }

    public Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        file.DoAsync(machine, cancellationToken);

    /// <summary>A file that is gone needs no line of ours.</summary>
    private static byte[] Edit(byte[]? current, IReadOnlyDictionary<string, string> values) =>
        current is null
            ? []
            : ForeignText.Write(
                SysctlText.Replace(
                    ForeignText.Read(current),
                    (parameter, value) =>
                        values.TryGetValue(parameter, out var wanted)
                        && Sysctl.Normalize(wanted) != Sysctl.Normalize(value)
                            ? wanted
                            : null
                )
            );
}

/// <summary>
/// Puts the values back. In a file that somebody edited since, only lines that still have our value get the original
/// one. Stateless.
/// </summary>
internal sealed class SysctlFileUndo : IUndo
{
    public string Kind => SysctlFileResource.KindName;

    public Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var content = FileOriginal.Parse(change.Original).Content ?? [];
        var originals = SysctlText.Read(ForeignText.Read(content));
        var file = new FileUndo(Kind, text => PutBack(text, originals, change.Intents));
        return file.UndoAsync(machine, change, cancellationToken);
    }

    private static string PutBack(
        string text,
        Dictionary<string, string> originals,
        IReadOnlyList<JsonObject> intents
    ) =>
        SysctlText.Replace(
            text,
            (parameter, value) =>
                originals.TryGetValue(parameter, out var original)
                && intents.Any(intent => (string?)intent["values"]?[parameter] == value)
                    ? original
                    : null
        );
}

/// <summary>The text of a file of kernel parameters. Pure.</summary>
internal static class SysctlText
{
    /// <summary>The last value of each parameter, by its path below <c>/proc/sys</c>.</summary>
    public static Dictionary<string, string> Read(string text)
    {
        var values = new Dictionary<string, string>();
        Replace(
            text,
            (parameter, value) =>
            {
                values[parameter] = value;
                return null;
            }
        );
        return values;
    }

    /// <param name="replace">From parameter and value to the new value; null leaves the line.</param>
    public static string Replace(string text, Func<string, string, string?> replace) =>
        string.Join('\n', text.Split('\n').Select(line => ReplaceInLine(line, replace)));

    private static string ReplaceInLine(string line, Func<string, string, string?> replace)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var trimmed = line.TrimStart();
        if (equals < 0 || trimmed[0] is '#' or ';')
        {
            return line;
        }

        var parameter = Sysctl.ToPath(line[..equals].Trim().TrimStart('-'));
        var value = line[(equals + 1)..].Trim();
        if (parameter.Length == 0 || value.Length == 0 || replace(parameter, value) is not { } wanted)
        {
            return line;
        }

        var start = line.IndexOf(value, equals + 1, StringComparison.Ordinal);
        return string.Concat(line.AsSpan(0, start), wanted, line.AsSpan(start + value.Length));
    }
}
