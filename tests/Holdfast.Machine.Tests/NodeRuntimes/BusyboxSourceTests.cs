using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Runtimes.Images;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.NodeRuntimes;

[Collection("machine")]
public sealed class BusyboxSourceTests
{
    private static global::Holdfast.Node.Machine Machine(string root) =>
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
        }
        finally
        {
            Directory.Delete(empty, recursive: true);
        }
        Assert.Equal(before, await ReadPackagesAsync());
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "holdfast-busybox-*"));

        // Of busybox alone: other programs install packages meanwhile.
        static Task<string> ReadPackagesAsync() =>
            PrivateNode.RunAsync("sh", "-c", "dpkg-query --show 'busybox*' 2>&1; true");
    }
}
