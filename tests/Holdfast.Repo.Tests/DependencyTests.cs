using System.Xml.Linq;

namespace Holdfast.Repo.Tests;

/// <summary>Every dependency has its reason in docs/dependencies.md.</summary>
public sealed class DependencyTests
{
    private static readonly string Documented = RepositoryFiles.Read("docs/dependencies.md");

    [Fact]
    public void Every_NuGet_package_has_its_reason()
    {
        var packages = XDocument
            .Parse(RepositoryFiles.Read("Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Select(package => package.Attribute("Include")!.Value);
        Assert.All(packages, package => Assert.Contains(package, Documented, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_apt_package_of_the_tests_has_its_reason()
    {
        var packages = RepositoryFiles
            .Read("eng/apt-packages.txt")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' ')[0]);
        Assert.All(packages, package => Assert.Contains(package, Documented, StringComparison.Ordinal));
    }
}
