using System.Security.Cryptography;
using System.Text;
using Holdfast.Document;

namespace Holdfast.Node.Software;

/// <summary>
/// One piece of software from an archive of its makers: which part of the archive is installed, and the links through which
/// it is used. The files lie in <c>/opt/holdfast/NAME/VERSION/</c>, one directory per version.
/// </summary>
/// <param name="Name">The same for every version: lower-case letters, digits and <c>-</c>.</param>
internal sealed record SoftwareSpec(string Name, ArchiveSpec Archive)
{
    public const string Top = "/opt/holdfast";

    private const int KeyLength = 12;

    /// <summary>
    /// The directory of the archive that is installed, without slashes at the ends: <c>opt/kata</c>, <c>usr/local</c>. Empty for
    /// all of it, <see cref="SingleDirectory"/> for what is below the one directory that the archive begins with.
    /// </summary>
    public string Part { get; init; } = "";

    public const string SingleDirectory = "*";

    public IReadOnlyList<SoftwareLink> Links { get; init; } = [];

    /// <summary>The same archive from another mirror is the same version.</summary>
    public string Version { get; } =
        (Archive.Sha256 ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Archive.Url.AbsoluteUri))))[
            ..KeyLength
        ];

    public string VersionDirectory => $"{DirectoryOf(Name)}/{Version}";

    /// <summary>Of every version of it.</summary>
    public static string DirectoryOf(string name) => $"{Top}/{name}";
}

/// <summary>One way into the installed version: a directory (<c>/opt/kata</c>) or a program (<c>/usr/local/bin/ctr</c>).</summary>
/// <param name="Path">Absolute.</param>
/// <param name="To">Below the version's directory; empty for all of it. Where a version does not have it, there is no link.</param>
/// <param name="IsOptional">A convenience for people: left out where something else has the name.</param>
internal sealed record SoftwareLink(string Path, string To, bool IsOptional = false)
{
    /// <summary>Programs in a directory on the PATH.</summary>
    public static IEnumerable<SoftwareLink> ForPrograms(
        string directory,
        string from,
        IEnumerable<string> programs,
        bool areOptional = false
    ) => programs.Select(program => new SoftwareLink($"{directory}/{program}", $"{from}/{program}", areOptional));
}
