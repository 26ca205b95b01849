using Holdfast.Document;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>An image that Holdfast makes, so that a node needs no registry for it.</summary>
/// <param name="Why">For people.</param>
/// <param name="Know">The image if it can be known cheaply, to compare with what a runtime has; null: any of that name will do.</param>
/// <param name="Make">The image, whatever it takes.</param>
internal sealed record BuiltinImage(
    string Reference,
    string Why,
    Func<Machine, CancellationToken, Task<OciImage?>> Know,
    Func<Machine, CancellationToken, Task<OciImage>> Make
)
{
    /// <summary>The steps that put into a runtime what it needs no registry for.</summary>
    public static IEnumerable<ImageChange> StepsFor(RuntimeSpec runtime, string architecture, ImageImporter importer)
    {
        if (runtime.SandboxImage == PauseImage.Reference)
        {
            yield return new ImageChange(runtime, Pause(architecture), importer);
        }
        yield return new ImageChange(runtime, Busybox(architecture), importer);
    }

    public static BuiltinImage Pause(string architecture) =>
        new(
            PauseImage.Reference,
            "it holds the namespaces of every pod; made here, so that no registry is needed",
            (_, _) => Task.FromResult<OciImage?>(PauseImage.Create(architecture)),
            (_, _) => Task.FromResult(PauseImage.Create(architecture))
        );

    public static BuiltinImage Busybox(string architecture) =>
        new(
            BusyboxImage.Reference,
            "the probe and the examples run in it; made here, so that no registry is needed",
            (machine, token) => BusyboxSource.FromMachineAsync(machine, architecture, token),
            async (machine, token) =>
                await BusyboxSource.FromMachineAsync(machine, architecture, token)
                ?? await BusyboxSource.FromPackageAsync(machine, architecture, token)
        );
}
