using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Runtimes.Images;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.NodeRuntimes;

[Collection("machine")]
public sealed class BusyboxSourceTests
{
    private static global::Holdfast.Changes.Machine Machine(string root) =>
        new(new NodePaths(root), root, new RealContainerds(root), TimeProvider.System, NullLoggerFactory.Instance);

    [Fact]
    public async Task Without_a_static_busybox_the_package_is_only_unpacked()
    {
        var empty = Directory.CreateTempSubdirectory("hfb").FullName;
        var before = await ReadPackagesAsync();
        try
        {
            Assert.Null(await BusyboxSource.FromMachineAsync(Machine(empty), "amd64", default));
            var fetched = await BusyboxSource.FromPackageAsync(Machine(empty), "amd64", default);
            Assert.True(fetched.Archive.Length > 500_000);
            Assert.False(Directory.Exists(new NodePaths(empty).StagingDirectory));
        }
        finally
        {
            Directory.Delete(empty, recursive: true);
        }
        Assert.Equal(before, await ReadPackagesAsync());

        // Of busybox alone: other programs install packages meanwhile.
        static Task<string> ReadPackagesAsync() =>
            PrivateNode.RunAsync("sh", "-c", "dpkg-query --show 'busybox*' 2>&1; true");
    }

    /// <summary>The names are read from the program, which is not run: it must be the same names.</summary>
    [Fact]
    public async Task Applets_are_those_that_the_program_itself_lists()
    {
        var program = await File.ReadAllBytesAsync("/bin/busybox");
        var listed = await PrivateNode.RunAsync("/bin/busybox", "--list");
        Assert.Equal(
            listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            BusyboxImage.ReadApplets(program)
        );
    }
}
