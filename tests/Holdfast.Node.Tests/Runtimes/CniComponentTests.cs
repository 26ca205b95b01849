using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Software.Packages;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class CniComponentTests
{
    private const string Archive =
        "{ network: { plugins: { archive: { url: \"https://x.example/cni-plugins-linux-amd64-v1.4.0.tgz\", sha256: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" } } } }";

    [Theory]
    [InlineData("0.3.1 0.4.0 1.0.0", "0.4.0")]
    [InlineData("0.3.0 0.3.1", "0.3.1")]
    [InlineData("", "0.4.0")]
    [InlineData("9.9.9", null)]
    public void A_version_that_all_plugins_understand_is_chosen(string plugin, string? chosen)
    {
        var facts = TestFacts.Usual with
        {
            CniPlugins =
                plugin.Length == 0
                    ? []
                    :
                    [
                        new CniPlugin("bridge", plugin.Split(' ')),
                        new CniPlugin("portmap", ["0.3.1", "0.4.0", "1.0.0", "9.9.9"]),
                    ],
        };
        Assert.Equal(chosen, CniComponent.ChooseVersion(TestFacts.Document().Network, facts));
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
    [InlineData("v1.4.0", "0.4.0")]
    [InlineData("v0.8.2", "0.4.0")]
    [InlineData("v0.7.5", "0.3.1")]
    [InlineData("latest", "0.4.0")]
    public void Name_of_the_archive_tells_what_its_plugins_understand(string version, string chosen)
    {
        var spec = TestFacts.Document(Archive.Replace("v1.4.0", version, StringComparison.Ordinal));
        Assert.Equal(chosen, CniComponent.ChooseVersion(spec.Network, TestFacts.Usual));
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
