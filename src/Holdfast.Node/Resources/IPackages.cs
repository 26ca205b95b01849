namespace Holdfast.Node.Resources;

/// <summary>A resource that installs packages of the distribution: a bundle must have them.</summary>
internal interface IPackages
{
    IReadOnlyList<string> Packages { get; }
}
