using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Store.Tests;

/// <summary>A store in a directory of its own that goes away with it.</summary>
internal sealed class TemporaryStore : IAsyncDisposable
{
    private readonly ILoggerFactory loggers;

    private TemporaryStore(ObjectStoreOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        Options = options;
        Time = time;
        this.loggers = loggers;
    }

    public ObjectStoreOptions Options { get; }
    public TimeProvider Time { get; }
    public ObjectStore Store { get; private set; } = null!;

    public static async Task<TemporaryStore> OpenAsync(
        Func<ObjectStoreOptions, ObjectStoreOptions>? adjust = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null
    )
    {
        // In memory where the machine has it: these tests are about logic, the crash tests about the disk.
        var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var directory = Directory.CreateDirectory(Path.Join(parent, $"holdfast-store-{Guid.NewGuid():N}"));
        var options = new ObjectStoreOptions { DatabasePath = Path.Join(directory.FullName, "store.db") };
        var temporary = new TemporaryStore(
            adjust?.Invoke(options) ?? options,
            time ?? TimeProvider.System,
            loggers ?? NullLoggerFactory.Instance
        );
        await temporary.StartAsync();
        return temporary;
    }

    public static ObjectKey Pod(string name, string ns = "default") => new("pods", ns, name);

    public static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes($$"""{"x":"{{text}}"}""");

    public Task<ObjectStore> OpenAgainAsync() => ObjectStore.OpenAsync(Options, Time, loggers);

    public async Task StartAsync() => Store = await OpenAgainAsync();

    public async Task RestartAsync()
    {
        await Store.DisposeAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(Options.DatabasePath)!, recursive: true);
    }
}
