using System.Diagnostics;
using System.Text.Json;
using Holdfast.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Store;

/// <summary>Runs the crasher as a child process and remembers which writes it was promised.</summary>
internal sealed class CrashingWriter : IDisposable
{
    private readonly Process process;
    private readonly Dictionary<int, int> acknowledged = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CrashingWriter(string? faultPoint, string[] arguments)
    {
        var program = Path.Join(AppContext.BaseDirectory, "Holdfast.Testing.Crasher.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["HOLDFAST_FAULT"] = faultPoint;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Remember(line.Data);
        process.Start();
        process.BeginOutputReadLine();
    }

    public int ProcessId => process.Id;

    public int ExitCode => process.ExitCode;

    /// <summary>How many writes were promised so far.</summary>
    public int Count { get; private set; }

    public static CrashingWriter StartWriting(
        string database,
        string ns,
        int writers,
        int maxLogRevisions,
        string? faultPoint = null
    ) => new(faultPoint, ["store-write", database, ns, $"{writers}", $"{maxLogRevisions}"]);

    public static CrashingWriter StartHolding(string database) => new(null, ["store-hold", database]);

    /// <param name="maxLogRevisions">As the writer has it: an opened store shortens the log as well.</param>
    public static Task<ObjectStore> OpenAsync(string database, int maxLogRevisions = 10_000) =>
        ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = database, MaxLogRevisions = maxLogRevisions },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    public async Task WaitForWritesAsync(int count)
    {
        var started = Stopwatch.GetTimestamp();
        while (Count < count)
        {
            Assert.False(process.HasExited, "the writer ended by itself");
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60), "the writer writes nothing");
            await Task.Delay(1);
        }
    }

    public void Kill() => process.Kill();

    /// <summary>Until the process is gone and all that it said was read.</summary>
    public async Task WaitForEndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>
    /// Each object must be as its last promised write left it, or as the write left it that was under way.
    /// </summary>
    /// <param name="store">The store, opened again.</param>
    /// <param name="ns">The namespace of this writer.</param>
    /// <param name="writers">How many writers there were.</param>
    /// <param name="mayBeAhead">Whether the write under way may be, must be (true) or must not be (false) there.</param>
    public void ExpectEveryPromiseKept(ObjectStore store, string ns, int writers, bool? mayBeAhead = null)
    {
        for (var writer = 0; writer < writers; writer++)
        {
            var last = acknowledged.GetValueOrDefault(writer, -1);
            var found = Step(store.Get(new ObjectKey("pods", ns, $"w{writer}")));
            var asPromised = found == Expected(last);
            var ahead = found == Expected(last + 1);
            Assert.True(
                mayBeAhead switch
                {
                    true => ahead,
                    false => asPromised,
                    null => asPromised || ahead,
                },
                $"writer {writer} was promised step {last} and the store has step {found}"
            );
        }
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    /// <summary>The step that the object shows after a step, or -1 when it is not there.</summary>
    private static int Expected(int step) => step < 0 || step % 10 == 9 ? -1 : step;

    private static int Step(StoredObject? stored)
    {
        if (stored is null)
        {
            return -1;
        }

        using var json = JsonDocument.Parse(stored.Json);
        return json.RootElement.GetProperty("step").GetInt32();
    }

    private void Remember(string? line)
    {
        if (line is null)
        {
            ended.TrySetResult();
            return;
        }

        // A line cut off by the kill was not said. "open" only counts.
        var parts = line.Split(' ');
        if (parts.Length == 2 && int.TryParse(parts[0], out var writer) && int.TryParse(parts[1], out var step))
        {
            acknowledged[writer] = step;
        }

        Count++;
    }
}
