namespace Holdfast.Linux.Tests;

/// <summary>Where the new content lies until it is complete, and what a cut leaves.</summary>
public sealed class AtomicFilePlacesTests : IDisposable
{
    // Extended attributes on whatever file system /tmp is.
    private readonly string top = Path.Join("/dev/shm", Path.GetRandomFileName());

    public AtomicFilePlacesTests()
    {
        Directory.CreateDirectory(DropIns);
    }

    private string DropIns => Path.Join(top, "conf.d");

    private string FilePath => Path.Join(DropIns, "20-file.conf");

    public void Dispose() => Directory.Delete(top, recursive: true);

    /// <summary>CRI-O reads every file of its directory, whatever its name: half of one keeps it from starting.</summary>
    [Fact]
    public async Task Half_written_file_is_never_in_the_directory_that_a_program_reads()
    {
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        using (var watcher = new FileSystemWatcher(DropIns) { EnableRaisingEvents = true })
        {
            watcher.Created += (_, created) => seen.Add(created.Name ?? "");
            for (var i = 0; i < 20; i++)
            {
                await AtomicFile.WriteAsync(FilePath, new byte[10_000 + i]);
            }

            await Task.Delay(100);
        }

        Assert.DoesNotContain(seen, name => name != Path.GetFileName(FilePath));
        Assert.Equal([FilePath], Directory.EnumerateFiles(top, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Directory_above_that_others_can_write_is_not_used()
    {
        File.SetUnixFileMode(top, (UnixFileMode)0x1FF);
        using var watcher = new FileSystemWatcher(top) { EnableRaisingEvents = true };
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        watcher.Created += (_, created) => seen.Add(created.Name ?? "");
        await AtomicFile.WriteAsync(FilePath, new byte[10_000]);
        await Task.Delay(100);
        Assert.Empty(seen);
        Assert.Equal(10_000, new FileInfo(FilePath).Length);
    }

    [Fact]
    public async Task Link_in_the_place_of_the_temporary_file_is_not_followed_and_holds_nobody_up()
    {
        var elsewhere = Path.Join(top, "elsewhere");
        File.WriteAllText(elsewhere, "precious");
        foreach (
            var temporary in new[]
            {
                Path.Join(top, ".conf.d.20-file.conf.holdfast-new"),
                Path.Join(DropIns, ".20-file.conf.holdfast-new"),
            }
        )
        {
            File.CreateSymbolicLink(temporary, elsewhere);
        }

        await AtomicFile.WriteAsync(FilePath, "new"u8.ToArray()).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("new", File.ReadAllText(FilePath));
        Assert.Equal("precious", File.ReadAllText(elsewhere));
    }

    /// <summary>A mount point cannot be replaced, only overwritten: a cut in the middle leaves a stump and the whole beside it.</summary>
    [Fact]
    public void Overwriting_that_was_cut_short_is_finished()
    {
        File.WriteAllText(FilePath, "127.0.");
        File.WriteAllText(Path.Join(top, ".conf.d.20-file.conf.holdfast-whole"), "127.0.0.1 localhost\n");
        AtomicFile.RemoveLeftover(FilePath);
        Assert.Equal("127.0.0.1 localhost\n", File.ReadAllText(FilePath));
        Assert.Equal([FilePath], Directory.EnumerateFiles(top, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Label_of_the_file_stays_and_a_new_one_gets_that_of_its_directory()
    {
        var label = "system_u:object_r:net_conf_t:s0\0"u8.ToArray();
        await AtomicFile.WriteAsync(FilePath, "old"u8.ToArray());
        FileLabels.Write(FilePath, label);
        await AtomicFile.WriteAsync(FilePath, "new"u8.ToArray());
        Assert.Equal(label, FileLabels.Read(FilePath));

        var ofDirectory = "system_u:object_r:container_config_t:s0\0"u8.ToArray();
        FileLabels.Write(DropIns, ofDirectory);
        await AtomicFile.WriteAsync(FilePath + "2", "new"u8.ToArray());
        Assert.Equal(ofDirectory, FileLabels.Read(FilePath + "2"));
    }
}
