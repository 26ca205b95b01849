namespace Holdfast.Document;

/// <summary>How a piece of software comes onto the machine. One of the four below.</summary>
public abstract record InstallSpec
{
    private InstallSpec() { }

    /// <summary>From the distribution's packages.</summary>
    public sealed record Apt : InstallSpec;

    /// <summary>It is there already; Holdfast configures it.</summary>
    public sealed record Present : InstallSpec;

    /// <summary>Unpacked from an archive of its makers.</summary>
    public sealed record Archive(ArchiveSpec Source) : InstallSpec;

    /// <summary>From the bundle that <c>up --bundle FILE</c> names.</summary>
    public sealed record Bundle : InstallSpec;
}

/// <summary>An archive, where it can be had and how it is known to be the right one.</summary>
public sealed record ArchiveSpec
{
    /// <summary><c>http</c>, <c>https</c> or <c>file</c>, without user; the last part of its path is the archive's name.</summary>
    public required Uri Url { get; init; }

    /// <summary>Further addresses of the same file, tried in order after <see cref="Url"/>.</summary>
    public IReadOnlyList<Uri> Mirrors { get; init; } = [];

    /// <summary>64 lower-case hexadecimal digits; null when <see cref="Sha256Url"/> says it.</summary>
    public string? Sha256 { get; init; }

    /// <summary>A file in the form of sha256sum (<c>HASH  NAME</c>); null when <see cref="Sha256"/> is known.</summary>
    public Uri? Sha256Url { get; init; }

    /// <summary>The archive's file name, for example <c>containerd-1.7.2-linux-amd64.tar.gz</c>.</summary>
    public string FileName => NameOf(Url);

    /// <summary>The last part of an address, as a person would have typed it.</summary>
    internal static string NameOf(Uri url) =>
        Uri.UnescapeDataString(url.AbsolutePath[(url.AbsolutePath.LastIndexOf('/') + 1)..]);
}
