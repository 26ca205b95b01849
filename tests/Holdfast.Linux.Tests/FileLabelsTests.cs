namespace Holdfast.Linux.Tests;

public sealed class FileLabelsTests : IDisposable
{
    // A file system with extended attributes whatever /tmp is on.
    private readonly string path = Path.Join("/dev/shm", Path.GetRandomFileName());

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Label_of_one_file_can_be_given_to_another()
    {
        var label = "system_u:object_r:bin_t:s0\0"u8.ToArray();
        File.WriteAllText(path, "");
        Assert.Null(FileLabels.Read(path));
        FileLabels.Write(path, null);
        Assert.Null(FileLabels.Read(path));

        FileLabels.Write(path, label);
        Assert.Equal(label, FileLabels.Read(path));
    }

    [Fact]
    public void File_that_is_not_there_has_no_label_to_read() =>
        Assert.Equal(LinuxReason.NotFound, Assert.Throws<LinuxException>(() => FileLabels.Read(path)).Reason);
}
