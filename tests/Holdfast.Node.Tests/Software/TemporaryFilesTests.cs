using System.Text;
using Holdfast.Linux;
using Holdfast.Node.Runtimes.Images;
using Holdfast.Node.Software.Bundles;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Software;

/// <summary>Root works on files that it fetched: no other user may reach the directory in which they lie meanwhile.</summary>
public sealed class TemporaryFilesTests : IDisposable
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task The_package_of_busybox_is_fetched_and_unpacked_where_only_root_can_write_and_never_run()
    {
        var modes = new List<UnixFileMode>();
        node.Answer(
            "apt-get",
            _ =>
            {
                var work = node.Paths.StagingDirectory;
                modes.Add(File.GetUnixFileMode(work));
                File.WriteAllText(Path.Join(work, "archives/busybox-static_1_amd64.deb"), "a package");
                return new ChildResult(0, "", "");
            }
        );
        node.Answer(
            "dpkg-deb -x",
            command =>
            {
                var files = Directory.CreateDirectory(Path.Join(command.Arguments[2], "bin")).FullName;
                Assert.StartsWith(node.Paths.StagingDirectory, command.Arguments[1], StringComparison.Ordinal);
                modes.Add(File.GetUnixFileMode(node.Paths.StagingDirectory));
                File.WriteAllBytes(Path.Join(files, "busybox"), Busybox());
                return new ChildResult(0, "", "");
            }
        );

        var image = await BusyboxSource.FromPackageAsync(node.Machine, "amd64", TemporaryMachine.Never);

        Assert.Equal([OnlyOwner, OnlyOwner], modes);
        Assert.Contains("APT::Sandbox::User=root", Assert.Single(node.CommandsRun, IsApt), StringComparison.Ordinal);
        Assert.Equal(2, node.CommandsRun.Count);
        Assert.Equal(BusyboxImage.Create("amd64", Busybox(), Applets).Id, image.Id);
        Assert.Empty(Directory.GetFileSystemEntries(node.Paths.StateDirectory));
    }

    [Fact]
    public async Task What_somebody_else_left_at_the_place_of_work_is_not_used()
    {
        var place = Directory.CreateDirectory(node.Paths.StagingDirectory).FullName;
        File.SetUnixFileMode(place, OnlyOwner | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Path.Join(place, "files/bin"));
        File.WriteAllBytes(Path.Join(place, "files/bin/busybox"), Busybox());
        node.Answer("apt-get update", exitCode: 100);
        node.Answer(
            "apt-get -q",
            _ =>
            {
                Assert.Equal(OnlyOwner, File.GetUnixFileMode(place));
                Assert.False(Directory.Exists(Path.Join(place, "files")));
                return new ChildResult(100, "", "E: no");
            }
        );

        await Assert.ThrowsAsync<NodeException>(() =>
            BusyboxSource.FromPackageAsync(node.Machine, "amd64", TemporaryMachine.Never)
        );
    }

    [Fact]
    public async Task A_bundle_is_made_where_only_its_owner_can_write()
    {
        var seen = new List<(string Path, UnixFileMode Mode)>();
        node.Answer(
            "apt-get",
            _ =>
            {
                seen.AddRange(
                    Directory.GetDirectories(node.Root, "node.bundle*").Select(at => (at, File.GetUnixFileMode(at)))
                );
                return new ChildResult(100, "", "E: no");
            }
        );
        await Assert.ThrowsAsync<NodeException>(() =>
            new BundleMaker(node.Machine).MakeAsync(
                TestFacts.Document("{}"),
                TestFacts.Usual,
                Path.Join(node.Root, "node.bundle"),
                TemporaryMachine.Never
            )
        );

        Assert.NotEmpty(seen);
        Assert.All(seen, work => Assert.Equal(OnlyOwner, work.Mode));
        // Its name cannot be known beforehand, so that nobody can have made it before.
        Assert.DoesNotContain($".{Environment.ProcessId}.", seen[0].Path, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(node.Root, "node.bundle*"));
    }

    private static bool IsApt(string line) => line.StartsWith("apt-get", StringComparison.Ordinal);

    /// <summary>A static program with the names of its applets as busybox has them.</summary>
    private static readonly string[] Applets = ["[", "[[", "ash", "cat", "cp", "httpd", "ls", "mv", "nc", "sh", "wget"];

    private static byte[] Busybox() =>
        [.. PauseImage.Program("amd64"), .. Encoding.UTF8.GetBytes($"\0{string.Join('\0', Applets)}\0\0/var/log\0")];
}
