namespace Holdfast.Node.Runtimes.Images;

/// <summary>
/// The image of the container that holds a pod's namespaces, made of a program of some 300 bytes (<c>eng/pause</c>), so
/// that a node needs no registry for it. Stateless.
/// </summary>
internal static class PauseImage
{
    public const string Reference = "holdfast.local/pause:1";

    /// <exception cref="NodeException">NotSupported: there is no such program for this processor.</exception>
    public static OciImage Create(string architecture) =>
        OciImage.Create(
            Reference,
            architecture,
            [ImageFile.Program("pause", Program(architecture))],
            new ImageConfig { Entrypoint = ["/pause"] }
        );

    public static byte[] Program(string architecture)
    {
        using var stream =
            typeof(PauseImage).Assembly.GetManifestResourceStream($"pause-{architecture}")
            ?? throw new NodeException(
                NodeReason.NotSupported,
                $"cannot make {Reference}: there is none for {architecture} (there is for amd64 and arm64); "
                    + "name another image with sandboxImage in the node document"
            );
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return buffer.ToArray();
    }
}
