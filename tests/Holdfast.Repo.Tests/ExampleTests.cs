using System.Text.RegularExpressions;
using Holdfast.Document;
using Holdfast.Kube;

namespace Holdfast.Repo.Tests;

/// <summary>Every example is what it claims to be, so that nobody copies an error.</summary>
public sealed partial class ExampleTests
{
    public static TheoryData<string> Manifests => [.. List().Where(path => !IsNodeDocument(path))];

    public static TheoryData<string> NodeDocuments => [.. List().Where(IsNodeDocument)];

    [Theory]
    [MemberData(nameof(NodeDocuments))]
    public void An_example_node_document_is_right(string path)
    {
        var result = NodeDocument.Parse(RepositoryFiles.Read(path), path, "edge-1");
        Assert.Empty(result.Errors);
        Assert.NotNull(result.Spec);
    }

    [Fact]
    public void The_example_of_every_field_names_every_field_that_the_documentation_has()
    {
        var example = RepositoryFiles.Read("examples/node.yaml");
        var fields = FieldOfTable()
            .Matches(RepositoryFiles.Read("docs/node-document.md"))
            .Select(match => match.Groups["field"].Value.Split('.')[^1]);

        // These four follow from a runtime's name and are better left alone; runtimeType belongs to shims.
        string[] leftOut = ["socket", "configFile", "rootDirectory", "stateDirectory"];
        Assert.All(fields.Except(leftOut), field => Assert.Contains($"{field}:", example, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_runtimes_have_places_and_handlers_of_their_own()
    {
        var spec = NodeDocument.Parse(RepositoryFiles.Read("examples/two-runtimes.yaml"), "two-runtimes.yaml").Spec!;
        Assert.Equal(["runc", "second"], spec.Runtimes.SelectMany(r => r.Handlers).Select(h => h.Name));
        Assert.Equal("/run/holdfast-second/containerd.sock", spec.Runtimes[1].Socket);
        Assert.Equal("/etc/holdfast-second/config.toml", spec.Runtimes[1].ConfigFile);
    }

    [Fact]
    public void Every_document_in_the_documentation_of_the_node_document_is_right()
    {
        var documents = YamlBlock()
            .Matches(RepositoryFiles.Read("docs/node-document.md"))
            .Select(match => match.Groups["text"].Value)
            .ToList();
        Assert.NotEmpty(documents);
        Assert.All(documents, text => Assert.Empty(NodeDocument.Parse(text, "node-document.md", "edge-1").Errors));
    }

    [Fact]
    public void The_documented_default_of_sysctl_is_the_real_one()
    {
        var documented = YamlBlock()
            .Matches(RepositoryFiles.Read("docs/node-document.md"))
            .Select(match => NodeDocument.Parse(match.Groups["text"].Value, "node-document.md", "edge-1").Spec!)
            .Last();
        var builtIn = NodeDocument.Default("edge-1").Spec!;
        Assert.Equal(builtIn.Host.Sysctl.OrderBy(p => p.Key), documented.Host.Sysctl.OrderBy(p => p.Key));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void An_example_manifest_has_complete_objects(string path)
    {
        var documents = KubeYaml.ParseDocuments(RepositoryFiles.Read(path));
        Assert.NotEmpty(documents);
        Assert.All(
            documents,
            document =>
            {
                Assert.False(string.IsNullOrEmpty((string?)document["apiVersion"]));
                Assert.False(string.IsNullOrEmpty((string?)document["kind"]));
                Assert.False(string.IsNullOrEmpty((string?)document["metadata"]!["name"]));
            }
        );
    }

    [Theory]
    [InlineData("openyurt-kata", "openyurt")]
    [InlineData("kubeedge-containerd", "kubeedge")]
    [InlineData("kubeedge-crio", "kubeedge")]
    [InlineData("kubeedge-kata-untrusted", "kubeedge")]
    [InlineData("kubeedge-vm", "kubeedge")]
    public void A_tutorial_is_one_document_that_joins_its_cluster_and_has_no_secret(string name, string cluster)
    {
        var text = RepositoryFiles.Read($"examples/{name}.yaml");
        Assert.Equal(cluster, NodeDocument.Parse(text, name, "edge-1").Spec!.Cluster.Kind);
        Assert.DoesNotContain(" token:", text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> List() =>
        Directory
            .EnumerateFiles(Path.Join(RepositoryFiles.Root, "examples"), "*.yaml")
            .Select(file => $"examples/{Path.GetFileName(file)}")
            .Order(StringComparer.Ordinal);

    private static bool IsNodeDocument(string path) =>
        RepositoryFiles.Read(path).Contains("\nkind: EdgeNode\n", StringComparison.Ordinal);

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex YamlBlock();

    [GeneratedRegex("^\\| `(?<field>[a-zA-Z.]+)` \\|", RegexOptions.Multiline, 1000)]
    private static partial Regex FieldOfTable();
}
