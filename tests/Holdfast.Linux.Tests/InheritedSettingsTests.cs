namespace Holdfast.Linux.Tests;

public sealed class InheritedSettingsTests
{
    [Theory]
    [InlineData(null, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")]
    [InlineData("/usr/bin:/bin", "/usr/bin:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin")]
    [InlineData("/opt/mine:/sbin", "/opt/mine:/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/bin")]
    [InlineData(".::bin:/bin", "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin")]
    public void A_search_path_gets_the_directories_of_administrators(string? path, string complete) =>
        Assert.Equal(complete, InheritedSettings.CompleteSearchPath(path));

    [Fact]
    public async Task A_strict_umask_and_a_short_path_do_not_reach_files_and_children()
    {
        var directory = Directory.CreateTempSubdirectory();
        var path = Environment.GetEnvironmentVariable("PATH");
        var umask = Libc.Umask(0x3f);
        try
        {
            Environment.SetEnvironmentVariable("PATH", "/usr/bin:/bin");
            InheritedSettings.Replace();
            var made = directory.CreateSubdirectory("made");
            Assert.Equal(0b111_101_101, (int)made.UnixFileMode);
            var child = await ChildProcess.RunAsync(
                new ChildCommand("sh", "-c", "umask; echo $PATH"),
                TimeSpan.FromSeconds(20)
            );
            Assert.Equal(
                ["0022", InheritedSettings.CompleteSearchPath("/usr/bin:/bin")],
                child.StandardOutput.Trim().Split('\n')
            );
        }
        finally
        {
            directory.Delete(recursive: true);
            _ = Libc.Umask(umask);
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }
}
