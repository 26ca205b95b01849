using System.Text.Json;
using Holdfast.Linux;

namespace Holdfast.Changes.Journal;

/// <summary>
/// What Holdfast changed on this machine and how it was before: one JSON object per line, only ever appended, on the disk
/// before the change is made. Undo needs nothing else. Whoever holds it open for writing is the only one who changes the
/// machine; the kernel releases the lock with the process. Not thread-safe.
/// </summary>
public sealed class ChangeJournal : IDisposable
{
    /// <summary>Directory beside the journal of files that someone edited after Holdfast; nothing removes it.</summary>
    public const string KeptDirectory = "kept";

    /// <summary>Directory beside the journal of originals that do not fit into a line.</summary>
    internal const string OriginalsDirectory = "originals";

    private const string FileName = "journal.jsonl";

    private readonly NodePaths paths;
    private readonly FileLock? fileLock;
    private readonly TimeProvider time;
    private readonly List<JournalEntry> entries = [];
    private FileStream? file;
    private long length;

    private ChangeJournal(NodePaths paths, FileLock? fileLock, TimeProvider time)
    {
        this.paths = paths;
        this.fileLock = fileLock;
        this.time = time;
    }

    /// <summary>The changes in force, in the order in which they were made.</summary>
    public IReadOnlyList<ChangeSummary> Changes =>
        [
            .. entries
                .Index()
                .Where(change => change.Item.IsOpen)
                .Select(change => change.Item.ToSummary(change.Index + 1)),
        ];

    /// <summary>Every entry since the journal was begun, undone ones included, oldest first.</summary>
    internal IReadOnlyList<JournalEntry> Entries => entries;

    /// <summary>Number of the run that this holder of the journal makes, from 1.</summary>
    internal int Run { get; private set; } = 1;

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
        var taken = FileLock.TryTake(LockPath(paths), out var holder);
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

    /// <summary>Whether some process holds the journal for changing the machine; only looks, so that no one is kept waiting.</summary>
    public static bool IsHeld(NodePaths paths) => FileLock.FindHolder(LockPath(paths)) is not null;

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

    /// <summary>What the journal has of each change of one kind that is in force.</summary>
    public IEnumerable<History<TBefore>> Histories<TBefore>(ChangeKind<TBefore> kind) =>
        entries.Where(entry => entry.IsOpen && entry.Kind == kind.Name).Select(entry => kind.Read(entry.History));

    public void Dispose()
    {
        file?.Dispose();
        fileLock?.Dispose();
    }

    /// <summary>
    /// New versions of software that replaced old ones, by their titles: the old ones are kept until a pod has shown that the
    /// new ones work. It is in the journal, so that a crash before the proof is not mistaken for one.
    /// </summary>
    public IReadOnlyList<string> ListUnproven(ChangeKinds kinds) =>
        [.. ListUnprovenLayers(kinds).Select(layer => layer.Entry.Title)];

    /// <summary>Pods have run with all of them.</summary>
    public void MarkProven(ChangeKinds kinds) => MarkProven(ListUnprovenLayers(kinds).Select(layer => layer.Entry));

    internal IEnumerable<Layer> ListUnprovenLayers(ChangeKinds kinds) =>
        ListLayers(kinds, (entry, kind) => entry.FindUnproven(kind));

    /// <summary>What the holder of the journal has changed, in the order in which the changes were first made.</summary>
    internal IEnumerable<Layer> ListLayersOfRun(ChangeKinds kinds) =>
        ListLayers(kinds, (entry, _) => entry.HistoryBefore(Run));

    internal JournalEntry? FindOpen(string id) => entries.FirstOrDefault(entry => entry.IsOpen && entry.Id == id);

    internal History<JsonElement> HistoryOf(Change change) =>
        FindOpen(change.Id) is { } entry && entry.Kind == change.Kind ? entry.History : History<JsonElement>.Empty;

    /// <summary>Records how the thing is and what is about to be written. The first record of a change in force has the original.</summary>
    internal JournalEntry Record(Change change, string group, JsonElement before)
    {
        Append(new RecordLine(change.Id, change.Kind, change.Title, group, Run, time.GetUtcNow(), before));
        return FindOpen(change.Id)!;
    }

    internal void MarkDone(JournalEntry entry) => Append(new DoneLine(entry.Id));

    internal void MarkUndone(JournalEntry entry) => Append(new UndoneLine(entry.Id));

    internal void MarkSettled(IEnumerable<JournalEntry> settled)
    {
        string[] ids = [.. settled.Where(entry => !entry.IsOpen).Select(entry => entry.Id)];
        if (ids.Length > 0)
        {
            Append(new SettledLine(ids));
        }
    }

    internal void MarkProven(IEnumerable<JournalEntry> proven)
    {
        string[] ids = [.. proven.Where(entry => entry.IsOpen).Select(entry => entry.Id)];
        if (ids.Length > 0)
        {
            Append(new ProvenLine(ids));
        }
    }

    /// <summary>
    /// Ends the journal when every change is undone: nothing of it stays but files that were kept for people, and the lock
    /// file, whose removal would let two processes hold a lock.
    /// </summary>
    internal void Clear()
    {
        file?.Dispose();
        file = null;
        length = 0;
        entries.Clear();
        Run = 1;
        File.Delete(FilePath);
        var originals = Path.Join(paths.ChangesDirectory, OriginalsDirectory);
        if (Directory.Exists(originals))
        {
            Directory.Delete(originals, recursive: true);
        }

        // What a copy to that directory, killed half way, left beside it.
        foreach (var left in Directory.EnumerateFiles(paths.ChangesDirectory, $".{OriginalsDirectory}.*"))
        {
            File.Delete(left);
        }

        AtomicFile.SyncDirectory(paths.ChangesDirectory);
    }

    private IEnumerable<Layer> ListLayers(
        ChangeKinds kinds,
        Func<JournalEntry, ChangeKind, History<JsonElement>?> findHistory
    )
    {
        foreach (var entry in entries.Where(entry => entry.IsOpen))
        {
            var kind = kinds.For(entry.Kind);
            if (findHistory(entry, kind) is { } history)
            {
                yield return new Layer(entry, kind, history);
            }
        }
    }

    private static string LockPath(NodePaths paths) => Path.Join(paths.ChangesDirectory, "lock");

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

    /// <summary>One line per append, so that a power cut can damage the last line only.</summary>
    private void Append(JournalLine line)
    {
        if (fileLock is null)
        {
            throw new InvalidOperationException("internal error: this journal was opened for reading");
        }

        try
        {
            file ??= Create();
            // What an earlier append left when the disk was full or a crash cut short was never acted on: this takes its place.
            file.SetLength(length);
            byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, JournalJson.Lines.JournalLine), (byte)'\n'];
            RandomAccess.Write(file.SafeFileHandle, bytes, length);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            length += bytes.Length;
            Take(line);
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

    /// <summary>It has originals of files that only root may read: it is never anyone else's, not even while it is made.</summary>
    private FileStream Create()
    {
        var created = new FileStream(
            FilePath,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Read,
                BufferSize = 0,
                UnixCreateMode = AtomicFile.SecretMode,
            }
        );
        AtomicFile.SyncDirectory(paths.ChangesDirectory);
        return created;
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

        for (var number = 1; length < bytes.Length; number++)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', (int)length);
            var isLast = end < 0 || end + 1 == bytes.Length;
            var text = bytes.AsSpan((int)length, (end < 0 ? bytes.Length : end) - (int)length);
            if (end < 0 || (isLast && !IsJson(text)))
            {
                // The last line was torn by a crash; what it announced was not begun.
                break;
            }

            Replay(text, number);
            length = end + 1;
        }

        Run = entries.Select(entry => entry.LastRun).DefaultIfEmpty().Max() + 1;
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            return reader.Read() && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Replay(ReadOnlySpan<byte> text, int number)
    {
        try
        {
            Take(
                JsonSerializer.Deserialize(text, JournalJson.Lines.JournalLine)
                    ?? throw new JsonException("it says nothing")
            );
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw new NodeException(
                NodeReason.JournalCorrupt,
                $"cannot read the journal of changes {FilePath}: line {number} makes no sense; "
                    + "restore the file from a backup, or move it away and put the machine back by hand",
                cause
            );
        }
    }

    /// <summary>What a line says of the entries, when it was written and when it is read again.</summary>
    private void Take(JournalLine line)
    {
        switch (line)
        {
            case RecordLine record when FindOpen(record.Id) is { } known:
                known.Add(record);
                break;
            case RecordLine record:
                entries.Add(new JournalEntry(record));
                break;
            case DoneLine done:
                Known(done.Id).State = EntryState.Done;
                break;
            case UndoneLine undone:
                Known(undone.Id).State = EntryState.Undone;
                break;
            case SettledLine settled:
                foreach (var entry in entries.Where(entry => !entry.IsOpen && settled.Ids.Contains(entry.Id)))
                {
                    entry.IsSettled = true;
                }

                break;
            case ProvenLine proven:
                foreach (var id in proven.Ids)
                {
                    Known(id).MarkProven();
                }

                break;
        }
    }

    private JournalEntry Known(string id) => FindOpen(id) ?? throw new JsonException($"no change {id} is in force");
}
