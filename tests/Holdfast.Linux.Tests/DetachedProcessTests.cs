namespace Holdfast.Linux.Tests;

public sealed class DetachedProcessTests : IDisposable
{
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-detached-").FullName;

    public void Dispose() => Directory.Delete(top, recursive: true);

    /// <summary>Whoever started this process may have left it a lock or a pipe: a supervisor would hold it for days.</summary>
    [Fact]
    public async Task Process_has_no_open_file_but_its_own_three()
    {
        var inherited = Path.Join(top, "lock");
        File.WriteAllText(inherited, "");
        // Without O_CLOEXEC, as a shell's "exec 9>lock" leaves it to what it runs.
        var descriptor = Libc.Open(inherited, Libc.OpenReadWrite, 0);
        try
        {
            var log = Path.Join(top, "log");
            var child = DetachedProcess.Start(
                ["/bin/sh", "-c", "readlink /proc/$$/fd/*; echo end"],
                new Dictionary<string, string>(),
                log
            );
            await ProcessTable.WaitForExitAsync(child, TimeSpan.FromSeconds(30), TimeProvider.System, default);
            DetachedProcess.Reap(child);
            Assert.Equal(["/dev/null", log, log, "end"], File.ReadAllLines(log));
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
