namespace Holdfast.Linux.Tests;

/// <summary>A lock whose file its holder may remove as the last thing it does.</summary>
public sealed class FileLockTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hfl").FullName;

    private string LockFile => Path.Join(directory, "changes/lock");

    public void Dispose()
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void One_has_it_and_the_next_is_told_who()
    {
        using (var taken = FileLock.TryTake(LockFile, out _))
        {
            Assert.NotNull(taken);
            Assert.Null(FileLock.TryTake(LockFile, out var holder));
            Assert.Equal(Environment.ProcessId, holder);
        }

        using var next = FileLock.TryTake(LockFile, out _);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Never_two_have_it_though_each_holder_removes_the_file_and_its_directory()
    {
        const int takesOfEach = 500;
        var holders = 0;
        var most = 0;
        var takes = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (var turn = 0; turn < takesOfEach; turn++)
                        {
                            using var taken = FileLock.TryTake(LockFile, out var _);
                            if (taken is null)
                            {
                                continue;
                            }

                            most = Math.Max(most, Interlocked.Increment(ref holders));
                            Interlocked.Increment(ref takes);
                            Thread.Yield();
                            // From here on the next one may make a file of its own, and have the lock.
                            Interlocked.Decrement(ref holders);
                            File.Delete(LockFile);
                            TryRemoveDirectory();
                        }
                    })
                )
        );
        Assert.Equal(1, most);
        Assert.NotEqual(0, takes);
    }

    private void TryRemoveDirectory()
    {
        try
        {
            Directory.Delete(Path.GetDirectoryName(LockFile)!);
        }
        catch (IOException)
        {
            // The next one has made its file already.
        }
    }
}
