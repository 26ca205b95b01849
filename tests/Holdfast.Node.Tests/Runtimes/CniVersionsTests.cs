using System.Text;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Software.Packages;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class CniVersionsTests
{
    private const string Archive =
        "{ network: { plugins: { archive: { url: \"https://x.example/cni-plugins-linux-amd64-v1.4.0.tgz\", sha256: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" } } } }";

    [Theory]
    [InlineData("1.6.20", "0.3.1 0.4.0 1.0.0", "1.0.0")]
    [InlineData("1.5.7", "0.3.1 0.4.0 1.0.0", "0.4.0")]
    [InlineData(null, "0.3.1 0.4.0 1.0.0", "0.4.0")]
    [InlineData("2.1.0", "0.3.1 0.4.0", "0.4.0")]
    [InlineData("1.6.20", "0.3.0 0.3.1", "0.3.1")]
    [InlineData("1.6.20", "", "0.4.0")]
    [InlineData("1.6.20", "9.9.9", null)]
    public void Newest_that_plugins_and_runtime_understand_is_chosen(string? containerd, string plugin, string? chosen)
    {
        var facts = TestFacts.Usual with
        {
            ContainerdVersion = containerd,
            CniPlugins =
                plugin.Length == 0
                    ? []
                    :
                    [
                        new CniPlugin("bridge", plugin.Split(' ')),
                        new CniPlugin("portmap", ["0.3.1", "0.4.0", "1.0.0", "9.9.9"]),
                    ],
        };
        Assert.Equal(chosen, CniVersions.Choose(TestFacts.Document(), facts));
    }

    [Fact]
    public void Network_that_works_is_not_written_anew_for_a_newer_version()
    {
        var spec = TestFacts.Document();
        var old = Encoding.UTF8.GetBytes(CniComponent.Render(spec.Network.Bridge, "0.4.0"));
        Assert.Equal("0.4.0", CniVersions.Keep(old, spec, TestFacts.Usual));
        var newer = Encoding.UTF8.GetBytes(CniComponent.Render(spec.Network.Bridge, "1.0.0"));
        Assert.Null(CniVersions.Keep(newer, spec, TestFacts.Usual with { ContainerdVersion = "1.5.7" }));
        Assert.Null(CniVersions.Keep("no json"u8.ToArray(), spec, TestFacts.Usual));
        Assert.Null(CniVersions.Keep(null, spec, TestFacts.Usual));
    }

    [Fact]
    public void Archive_goes_to_opt_and_needs_no_package()
    {
        var none = TestFacts.Usual with { HasCniPlugins = false, CniPlugins = [] };
        var spec = TestFacts.Document(Archive);
        var kinds = new CniComponent().Build(spec, none).Select(resource => resource.Kind).ToArray();
        Assert.Contains("software", kinds);
        Assert.DoesNotContain(PackagesChange.PackagesKind.Name, kinds);
        Assert.Equal("/opt/cni/bin", CniComponent.DirectoryOf(spec.Network, none));
    }

    [Theory]
    [InlineData("v1.4.0", "1.0.0")]
    [InlineData("v0.8.2", "0.4.0")]
    [InlineData("v0.7.5", "0.3.1")]
    [InlineData("latest", "0.4.0")]
    public void Name_of_the_archive_tells_what_its_plugins_understand(string version, string chosen) =>
        Assert.Equal(
            chosen,
            CniVersions.Choose(
                TestFacts.Document(Archive.Replace("v1.4.0", version, StringComparison.Ordinal)),
                TestFacts.Usual
            )
        );

    [Theory]
    [InlineData("containerd-1.7.2-linux-amd64.tar.gz", "1.0.0")]
    [InlineData("cri-containerd-cni-1.5.7-linux-amd64.tar.gz", "0.4.0")]
    public void Name_of_the_runtimes_archive_counts_and_not_what_is_there_before(string name, string chosen)
    {
        var spec = TestFacts.Document(
            $"{{ runtimes: [{{ name: containerd, install: {{ archive: {{ url: \"https://x.example/{name}\", sha256: \"{new string('a', 64)}\" }} }} }}] }}"
        );
        Assert.Equal(chosen, CniVersions.Choose(spec, TestFacts.Usual));
    }

    [Fact]
    public void Gateway_and_masquerading_are_as_the_document_says()
    {
        var spec = TestFacts.Document("{ network: { bridge: { gateway: 10.88.0.254, masquerade: false } } }");
        var text = CniComponent.Render(spec.Network.Bridge);
        Assert.Contains("\"gateway\": \"10.88.0.254\"", text, StringComparison.Ordinal);
        Assert.Contains("\"ipMasq\": false", text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "\"gateway\"",
            CniComponent.Render(TestFacts.Document().Network.Bridge),
            StringComparison.Ordinal
        );
    }
}
