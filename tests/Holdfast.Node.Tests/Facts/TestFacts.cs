using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Tests.Facts;

/// <summary>A machine like many, and documents for it.</summary>
internal static class TestFacts
{
    public static MachineFacts Usual { get; } =
        new()
        {
            Architecture = "amd64",
            Cgroups = CgroupMode.V2,
            IsSystemd = true,
            CniPluginDirectory = MachineFacts.PackagedCniDirectory,
            HasCniPlugins = true,
            HasIptables = true,
            CniPlugins = [.. CniPlugin.Needed.Select(name => new CniPlugin(name, ["0.3.1", "0.4.0", "1.0.0"]))],
            HasApt = true,
            ContainerdVersion = "1.6.20",
        };

    /// <summary>A document, from what stands below <c>spec:</c>.</summary>
    public static EdgeNodeSpec Document(string spec = "{}") =>
        NodeDocument
            .Parse(
                $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: {{ name: edge-1 }}\nspec: {spec}\n",
                "node.yaml",
                "edge-1"
            )
            .Spec
        ?? throw new InvalidOperationException($"the test's document is wrong: {spec}");
}
