using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// Where containerd's configuration has its keys: they moved with each version of the file's schema.
/// Source: docs/cri/config.md and docs/PLUGINS.md of containerd 1.5 to 2.x.
/// </summary>
/// <param name="Version">Value of the file's <c>version</c>; files without one are version 1.</param>
/// <param name="Runtime">Table of the part of the CRI plugin that runs containers.</param>
/// <param name="Images">Table of the part that pulls images; one and the same before version 3.</param>
/// <param name="SandboxImage">Key of the sandbox image, below <paramref name="Images"/>.</param>
/// <param name="Snapshotter">Key of the snapshotter of all handlers.</param>
/// <param name="Address">Key of the socket's path.</param>
internal sealed record ContainerdSchema(
    int Version,
    TomlPath Runtime,
    TomlPath Images,
    IReadOnlyList<string> SandboxImage,
    TomlPath Snapshotter,
    TomlPath Address
)
{
    private static readonly TomlPath Cri1 = TomlPath.Of("plugins", "cri");
    private static readonly TomlPath Cri2 = TomlPath.Of("plugins", "io.containerd.grpc.v1.cri");
    private static readonly TomlPath Runtime3 = TomlPath.Of("plugins", "io.containerd.cri.v1.runtime");
    private static readonly TomlPath Images3 = TomlPath.Of("plugins", "io.containerd.cri.v1.images");

    private static readonly TomlPath Grpc1 = TomlPath.Of("grpc", "address");
    private static readonly TomlPath Grpc4 = TomlPath.Of("plugins", "io.containerd.server.v1.grpc", "address");

    private static readonly ContainerdSchema[] All =
    [
        new(1, Cri1, Cri1, ["sandbox_image"], Cri1.Then("containerd", "snapshotter"), Grpc1),
        new(2, Cri2, Cri2, ["sandbox_image"], Cri2.Then("containerd", "snapshotter"), Grpc1),
        new(3, Runtime3, Images3, ["pinned_images", "sandbox"], Images3.Then("snapshotter"), Grpc1),
        new(4, Runtime3, Images3, ["pinned_images", "sandbox"], Images3.Then("snapshotter"), Grpc4),
    ];

    /// <summary>Names by which any version's CRI plugin may be switched off.</summary>
    public static IReadOnlyList<string> CriPluginNames { get; } =
    ["cri", "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"];

    public TomlPath Containerd => Runtime.Then("containerd");

    public TomlPath Handlers => Runtime.Then("containerd", "runtimes");

    public TomlPath Handler(string name) => Handlers.Then(name);

    public TomlPath Registry => Images.Then("registry");

    /// <summary>Null for a version that this program does not know.</summary>
    public static ContainerdSchema? Find(long version) => All.FirstOrDefault(s => s.Version == version);

    /// <summary>That of a file as it is; null for one that this program does not know.</summary>
    public static ContainerdSchema? Of(TomlDocument file) => Find((file.Get("version") as TomlInteger)?.Value ?? 1);

    /// <summary>What a new file is written in: a schema that every containerd of this major version reads.</summary>
    public static ContainerdSchema ForNewFile(Version? containerd) => Find(containerd >= FirstWith3 ? 3 : 2)!;

    private static readonly Version FirstWith3 = new(2, 0);
}
