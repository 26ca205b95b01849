using System.Text;

namespace Holdfast.Linux.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("holdfast-file-").FullName;

    private string FilePath => Path.Join(directory, "file");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task New_file_has_content_and_default_mode_and_nothing_is_left_beside_it()
    {
        await AtomicFile.WriteAsync(FilePath, "content"u8.ToArray());
        Assert.Equal("content", File.ReadAllText(FilePath));
        Assert.Equal(AtomicFile.DefaultMode, FileStatus.Read(FilePath)!.Mode);
        Assert.Single(Directory.EnumerateFileSystemEntries(directory));
    }

    [Fact]
    public async Task Existing_file_keeps_its_mode_unless_another_is_wanted()
    {
        File.WriteAllText(FilePath, "a longer content than the next one");
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.OtherExecute);
        await AtomicFile.WriteAsync(FilePath, "next"u8.ToArray());
        Assert.Equal("next", File.ReadAllText(FilePath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.OtherExecute, FileStatus.Read(FilePath)!.Mode);

        await AtomicFile.WriteAsync(FilePath, "next"u8.ToArray(), AtomicFile.SecretMode);
        Assert.Equal(AtomicFile.SecretMode, FileStatus.Read(FilePath)!.Mode);
    }

    [Fact]
    public async Task Link_stays_a_link_and_its_target_is_replaced()
    {
        var target = Path.Join(directory, "target");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(FilePath, "target");
        await AtomicFile.WriteAsync(FilePath, "new"u8.ToArray());
        Assert.Equal("target", new FileInfo(FilePath).LinkTarget);
        Assert.Equal("new", File.ReadAllText(target));
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_used_up_by_the_next_or_removed()
    {
        var leftover = Path.Join(directory, ".file.holdfast-new");
        File.WriteAllText(leftover, new string('x', 10_000));
        await AtomicFile.WriteAsync(FilePath, "short"u8.ToArray());
        Assert.Equal("short", File.ReadAllText(FilePath));
        Assert.False(File.Exists(leftover));

        File.WriteAllText(leftover, "x");
        AtomicFile.RemoveLeftover(FilePath);
        AtomicFile.RemoveLeftover(Path.Join(directory, "no/such/directory/file"));
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public async Task Nobody_else_can_read_a_file_that_is_not_complete()
    {
        // A source that does not end before it is told to.
        var pipe = Path.Join(directory, "pipe");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync();
        }

        // More than what buffers on the way hold back.
        var content = new byte[200_000];
        foreach (var hasLeftover in new[] { false, true })
        {
            var temporary = Path.Join(directory, ".file.holdfast-new");
            if (hasLeftover)
            {
                File.WriteAllText(temporary, "from a crash");
                File.SetUnixFileMode(temporary, AtomicFile.DefaultMode);
            }

            var copy = Task.Run(() => AtomicFile.CopyAsync(pipe, FilePath));
            await using (var source = new FileStream(pipe, FileMode.Open, FileAccess.Write))
            {
                await source.WriteAsync(content);
                await source.FlushAsync();
                for (var i = 0; i < 500 && FileStatus.Read(temporary)?.Length is null or 0; i++)
                {
                    await Task.Delay(10);
                }

                Assert.InRange(FileStatus.Read(temporary)!.Length, 1, content.Length);
                Assert.Equal(AtomicFile.SecretMode, FileStatus.Read(temporary)!.Mode);
            }

            await copy;
            Assert.Equal(content, File.ReadAllBytes(FilePath));
            Assert.Equal(AtomicFile.DefaultMode, FileStatus.Read(FilePath)!.Mode);
            File.Delete(FilePath);
        }
    }

    [Fact]
    public async Task Many_writers_at_once_never_mix_their_contents()
    {
        var contents = Enumerable.Range(0, 8).Select(i => new string((char)('a' + i), 20_000 + i)).ToArray();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 64),
            async (i, token) =>
                await AtomicFile.WriteAsync(
                    FilePath,
                    Encoding.ASCII.GetBytes(contents[i % 8]),
                    cancellationToken: token
                )
        );
        Assert.Contains(File.ReadAllText(FilePath), contents);
        Assert.Single(Directory.EnumerateFileSystemEntries(directory));
    }

    [Fact]
    public async Task Reader_is_never_refused_while_the_file_is_being_replaced()
    {
        await AtomicFile.WriteAsync(FilePath, "0"u8.ToArray());
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.NotEmpty(await File.ReadAllBytesAsync(FilePath));
            }
        });
        for (var i = 0; i < 100; i++)
        {
            await AtomicFile.WriteAsync(FilePath, Encoding.ASCII.GetBytes($"{i}"));
        }

        await stop.CancelAsync();
        await reading;
    }

    [Fact]
    public async Task Missing_directory_is_a_reason_and_not_a_guess()
    {
        var failure = await Assert.ThrowsAsync<LinuxException>(() =>
            AtomicFile.WriteAsync(Path.Join(directory, "missing/file"), "x"u8.ToArray())
        );
        Assert.Equal(LinuxReason.NotFound, failure.Reason);
        Assert.StartsWith($"cannot write {directory}/missing/file: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_takes_content_and_the_wanted_mode()
    {
        var source = Path.Join(directory, "source");
        File.WriteAllText(source, new string('s', 400_000));
        await AtomicFile.CopyAsync(source, FilePath, AtomicFile.SecretMode);
        Assert.Equal(400_000, FileStatus.Read(FilePath)!.Length);
        Assert.Equal(AtomicFile.SecretMode, FileStatus.Read(FilePath)!.Mode);
    }

    [Fact]
    public void Status_of_nothing_is_null_and_of_a_link_is_the_link_or_its_target()
    {
        Assert.Null(FileStatus.Read(FilePath));
        File.CreateSymbolicLink(FilePath, directory);
        Assert.Equal(FileKind.SymbolicLink, FileStatus.Read(FilePath, followLink: false)!.Kind);
        Assert.Equal(FileKind.Directory, FileStatus.Read(FilePath)!.Kind);
        var age = TimeProvider.System.GetUtcNow() - FileStatus.Read(directory)!.ChangedAt;
        Assert.InRange(age, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }
}
