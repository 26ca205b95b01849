using Holdfast.Linux;
using Holdfast.Node.Software.Bundles;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Software.Bundles;

/// <summary>What a bundle has is decided as if nothing were installed: the machine that makes it is not the one it is for.</summary>
public sealed class BundleMakerTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Iptables_is_packed_though_this_machine_has_it()
    {
        var archive = new TestArchive().File("bridge", "x", 0b111_101_101).ToGzip();
        var file = Path.Join(node.Root, "cni-plugins.tgz");
        File.WriteAllBytes(file, archive);
        var plugins = $"archive: {{ url: \"file://{file}\", sha256: \"{TestArchive.Hash(archive)}\" }}";
        Assert.True(TestFacts.Usual.HasIptables);
        Assert.Contains("iptables", await ListPackagesAsync($"{{ network: {{ plugins: {{ {plugins} }} }} }}"));
    }

    [Fact]
    public async Task Iptables_is_named_beside_the_package_of_the_plugins_which_needs_it_on_older_releases_only() =>
        Assert.Contains("iptables", await ListPackagesAsync("{}"));

    /// <summary>What apt is asked for. It refuses, so that no bundle is made.</summary>
    private async Task<IReadOnlyList<string>> ListPackagesAsync(string spec)
    {
        ChildCommand? asked = null;
        node.Answer("apt-get", exitCode: 100, error: "E: no");
        node.Answer(
            "apt-get -q -o",
            command =>
            {
                asked = command;
                return new ChildResult(100, "", "E: no");
            }
        );
        var maker = new BundleMaker(node.Machine);
        var path = Path.Join(node.Root, "node.bundle");
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            maker.MakeAsync(TestFacts.Document(spec), TestFacts.Usual, path, TemporaryMachine.Never)
        );
        Assert.Equal(NodeReason.PackagesFailed, failure.Reason);
        return [.. asked!.Arguments.SkipWhile(argument => argument != "--no-install-recommends")];
    }
}
