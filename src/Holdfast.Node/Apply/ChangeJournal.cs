using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Linux;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Node.Apply;

/// <summary>One change that is in force, for people. Immutable.</summary>
/// <param name="Number">From 1, in the order in which the changes were made; it stays the same until everything is undone.</param>
/// <param name="At">When it was first made.</param>
/// <param name="LastAt">When it was last adjusted; the same when it never was.</param>
public sealed record ChangeSummary(
    int Number,
    string Kind,
    string Id,
    string Title,
    string Group,
    DateTimeOffset At,
    DateTimeOffset LastAt
);

/// <summary>
/// What Holdfast changed on this machine and how it was before: one JSON object per line, only ever appended, on the disk
/// before the change is made. Undo needs nothing else. Whoever holds it open for writing is the only one who changes the
/// machine; the lock falls with the process. Not thread-safe.
/// </summary>
public sealed class ChangeJournal : IDisposable
{
    /// <summary>Directory beside the journal of files that somebody edited after us; nothing removes it.</summary>
    public const string KeptDirectory = "kept";

    private const string FileName = "journal.jsonl";

    private readonly NodePaths paths;
    private readonly FileLock? fileLock;
    private readonly TimeProvider time;
    private readonly List<JournalEntry> entries = [];
    private SafeFileHandle? file;
    private long length;

    private ChangeJournal(NodePaths paths, FileLock? fileLock, TimeProvider time)
    {
        this.paths = paths;
        this.fileLock = fileLock;
        this.time = time;
    }

    /// <summary>The changes in force, in the order in which they were made.</summary>
    public IReadOnlyList<ChangeSummary> Changes =>
        entries
            .Select((entry, index) => (Entry: entry, Number: index + 1))
            .Where(change => change.Entry.IsOpen)
            .Select(change => change.Entry.ToSummary(change.Number))
            .ToArray();

    /// <summary>Every entry since the journal was begun, undone ones included, oldest first.</summary>
    internal IReadOnlyList<JournalEntry> Entries => entries;

    private string FilePath => Path.Join(paths.ChangesDirectory, FileName);

    /// <summary>Opens the journal for changing the machine.</summary>
    /// <exception cref="NodeException">Busy: another process changes it; JournalCorrupt: it cannot be understood.</exception>
    public static async Task<ChangeJournal> OpenAsync(
        NodePaths paths,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        CreateDirectory(paths);
        var taken = FileLock.TryTake(Path.Join(paths.ChangesDirectory, "lock"), out var holder);
        if (taken is null)
        {
            var who = holder is { } id ? $"process {id}" : "another process";
            throw new NodeException(
                NodeReason.Busy,
                $"cannot change this machine: {who} is changing it right now; let it end and run the same command again"
            );
        }

        var journal = new ChangeJournal(paths, taken, time);
        try
        {
            await journal.LoadAsync(cancellationToken);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Whether Holdfast has changed something on this machine.</summary>
    public static bool Exists(NodePaths paths) => File.Exists(Path.Join(paths.ChangesDirectory, FileName));

    /// <summary>Whether some process holds the journal for changing the machine; only looks, so that nobody is kept waiting.</summary>
    public static bool IsHeld(NodePaths paths) =>
        FileLock.FindHolder(Path.Join(paths.ChangesDirectory, "lock")) is not null;

    /// <summary>Reads the journal without the right to change anything; another process may be appending to it.</summary>
    public static async Task<ChangeJournal> ReadAsync(
        NodePaths paths,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var journal = new ChangeJournal(paths, null, time);
        await journal.LoadAsync(cancellationToken);
        return journal;
    }

    public void Dispose()
    {
        file?.Dispose();
        fileLock?.Dispose();
    }

    internal JournalEntry? FindOpen(string id) => entries.FirstOrDefault(entry => entry.IsOpen && entry.Id == id);

    /// <summary>Records the original, unless an older one of this change is in force, and what is about to be written.</summary>
    internal JournalEntry Record(
        string kind,
        string id,
        string title,
        string group,
        JsonObject original,
        JsonObject? intent
    )
    {
        var text = new StringBuilder();
        var now = time.GetUtcNow();
        var entry = FindOpen(id);
        if (entry is null)
        {
            entry = new JournalEntry(kind, id, title, group, now, original);
            AppendLine(
                text,
                new JsonObject
                {
                    ["event"] = "record",
                    ["kind"] = kind,
                    ["id"] = id,
                    ["title"] = title,
                    ["group"] = group,
                    ["at"] = entry.At.ToString("O"),
                    ["original"] = original.DeepClone(),
                }
            );
        }

        var write = Event("intent", id, intent);
        write["at"] = now.ToString("O");
        AppendLine(text, write);
        Append(text);
        if (!entries.Contains(entry))
        {
            entries.Add(entry);
        }

        entry.AddIntent(intent, now);
        return entry;
    }

    internal void MarkDone(JournalEntry entry, JsonObject? result)
    {
        Append(AppendLine(new StringBuilder(), Event("done", entry.Id, result)));
        entry.MarkDone(result);
    }

    internal void MarkUndone(JournalEntry entry)
    {
        Append(AppendLine(new StringBuilder(), Event("undone", entry.Id, null)));
        entry.MarkUndone();
    }

    internal void MarkProven(JournalEntry entry)
    {
        Append(AppendLine(new StringBuilder(), Event("proven", entry.Id, null)));
        entry.MarkProven();
    }

    /// <summary>All that follows from their undo is done, too: services were started again, swap is back.</summary>
    internal void MarkSettled(IReadOnlyList<JournalEntry> settled)
    {
        var text = new StringBuilder();
        foreach (var entry in settled)
        {
            AppendLine(text, Event("settled", entry.Id, null));
            entry.MarkSettled();
        }

        if (settled.Count > 0)
        {
            Append(text);
        }
    }

    /// <summary>Ends the journal when every change is undone: nothing of it stays but files that were kept for people.</summary>
    internal void Clear()
    {
        file?.Dispose();
        file = null;
        length = 0;
        entries.Clear();
        File.Delete(FilePath);
        var originals = Path.Join(paths.ChangesDirectory, "originals");
        if (Directory.Exists(originals))
        {
            Directory.Delete(originals, recursive: true);
        }

        AtomicFile.SyncDirectory(paths.ChangesDirectory);
    }

    private static JsonObject Event(string name, string id, JsonObject? data) =>
        new()
        {
            ["event"] = name,
            ["id"] = id,
            ["data"] = data?.DeepClone(),
        };

    private static StringBuilder AppendLine(StringBuilder text, JsonObject line) =>
        text.Append(line.ToJsonString()).Append('\n');

    private void Append(StringBuilder text)
    {
        if (fileLock is null)
        {
            throw new InvalidOperationException("internal error: this journal was opened for reading");
        }

        try
        {
            if (file is null)
            {
                file = File.OpenHandle(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
                File.SetUnixFileMode(file, AtomicFile.SecretMode);
                AtomicFile.SyncDirectory(paths.ChangesDirectory);
            }

            // What an earlier append left when the disk was full or a crash cut short was never acted on: this takes its place.
            RandomAccess.SetLength(file, length);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            RandomAccess.Write(file, bytes, length);
            RandomAccess.FlushToDisk(file);
            length += bytes.Length;
        }
        catch (IOException cause)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot write the journal of changes {FilePath}: {cause.Message}; nothing was changed by this step; "
                    + "make room or repair the disk and run the same command again",
                cause
            );
        }
    }

    private static void CreateDirectory(NodePaths paths)
    {
        try
        {
            Directory.CreateDirectory(paths.ChangesDirectory);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new NodeException(
                NodeReason.Denied,
                $"cannot make {paths.ChangesDirectory}: {cause.Message}; run it as root",
                cause
            );
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(FilePath, cancellationToken);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return;
        }

        var lineNumber = 0;
        while (length < bytes.Length)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', (int)length);
            if (end < 0)
            {
                // The last line was cut short by a crash; what it announced was not begun.
                return;
            }

            lineNumber++;
            Replay(bytes.AsSpan((int)length, end - (int)length), lineNumber);
            length = end + 1;
        }
    }

    private static DateTimeOffset ParseTime(JsonNode at) =>
        DateTimeOffset.Parse((string)at!, System.Globalization.CultureInfo.InvariantCulture);

    private void Replay(ReadOnlySpan<byte> line, int lineNumber)
    {
        try
        {
            var json = JsonNode.Parse(line)!.AsObject();
            var id = (string)json["id"]!;
            var data = json["data"] as JsonObject;
            switch ((string)json["event"]!)
            {
                case "record":
                    entries.Add(
                        new JournalEntry(
                            (string)json["kind"]!,
                            id,
                            (string)json["title"]!,
                            (string)json["group"]!,
                            ParseTime(json["at"]!),
                            (JsonObject)json["original"]!
                        )
                    );
                    break;
                case "intent":
                    var written = FindOpen(id)!;
                    // Journals of the first versions do not say when.
                    written.AddIntent(data, json["at"] is { } at ? ParseTime(at) : written.At);
                    break;
                case "done":
                    FindOpen(id)!.MarkDone(data);
                    break;
                case "proven":
                    FindOpen(id)!.MarkProven();
                    break;
                case "undone":
                    FindOpen(id)!.MarkUndone();
                    break;
                case "settled":
                    entries.Last(entry => entry.Id == id).MarkSettled();
                    break;
                default:
                    throw new FormatException("unknown event");
            }
        }
        catch (Exception cause)
            when (cause
                    is JsonException
                        or FormatException
                        or InvalidOperationException
                        or NullReferenceException
                        or InvalidCastException
            )
        {
            throw new NodeException(
                NodeReason.JournalCorrupt,
                $"cannot read the journal of changes {FilePath}: line {lineNumber} makes no sense; "
                    + "restore the file from a backup, or move it away and put the machine back by hand",
                cause
            );
        }
    }
}
