using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;
using Holdfast.Node.Software;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>How an image comes into one kind of runtime.</summary>
internal abstract class ImageImporter
{
    /// <summary>A few megabytes onto a slow card.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>Whether CRI shows an image under the digest of its configuration, so that another one of the name is seen.</summary>
    public abstract bool ShowsIds { get; }

    /// <exception cref="NodeException">RuntimeFailed: the runtime did not take it.</exception>
    public abstract Task ImportAsync(
        RuntimeSpec runtime,
        OciImage image,
        Machine machine,
        CancellationToken cancellationToken
    );

    protected static async Task RunAsync(
        RuntimeSpec runtime,
        OciImage image,
        Machine machine,
        ChildCommand command,
        CancellationToken cancellationToken
    )
    {
        var result = await machine.RunAsync(command, Timeout, cancellationToken);
        if (!result.Succeeded)
        {
            throw new NodeException(
                NodeReason.RuntimeFailed,
                $"cannot put the image {image.Reference} into {runtime.Name}: {result.LastErrorLine}"
            );
        }
    }
}

/// <summary>containerd imports with its own <c>ctr</c>.</summary>
internal sealed class ContainerdImporter : ImageImporter
{
    /// <summary>containerd's image garbage collection, and the kubelet's, leave such images alone.</summary>
    private const string PinnedLabel = "io.cri-containerd.pinned=pinned";

    public override bool ShowsIds => true;

    public override async Task ImportAsync(
        RuntimeSpec runtime,
        OciImage image,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var import = Ctr(machine, runtime, await ImportArgumentsAsync(machine, cancellationToken)) with
        {
            StandardInput = image.Archive,
        };
        await RunAsync(runtime, image, machine, import, cancellationToken);
        var label = Ctr(machine, runtime, ["images", "label", image.Reference, PinnedLabel]);
        await RunAsync(runtime, image, machine, label, cancellationToken);
    }

    /// <summary>
    /// Not unpacked: into which snapshotter, containerd's own configuration says, and CRI does it when the first pod needs it.
    /// ctr would take overlayfs, which may not be there. So would the service of containerd 2 that its ctr calls unless told
    /// otherwise.
    /// </summary>
    private static async Task<IReadOnlyList<string>> ImportArgumentsAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var help = await AskablePrograms.CtrImportHelp.AskAsync(machine, Program(machine), cancellationToken);
        string[] local = help.Output.Contains("--local", StringComparison.Ordinal) ? ["--local"] : [];
        return ["images", "import", "--no-unpack", .. local, "-"];
    }

    private static ChildCommand Ctr(Machine machine, RuntimeSpec runtime, IReadOnlyList<string> arguments) =>
        new(Program(machine), ["--namespace", "k8s.io", "--address", machine.At(runtime.Socket), .. arguments]);

    /// <summary>That of an archive comes before a package's, as on the PATH of a service.</summary>
    private static string Program(Machine machine) =>
        machine.Exists("/usr/local/bin/ctr") ? machine.At("/usr/local/bin/ctr") : "ctr";
}

/// <summary>CRI-O cannot import; skopeo writes into the same storage under the same locks.</summary>
internal sealed class CrioImporter : ImageImporter
{
    public override bool ShowsIds => false;

    public override async Task ImportAsync(
        RuntimeSpec runtime,
        OciImage image,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        // skopeo reads an archive by its name only.
        using var work = WorkDirectory.Of(machine.Paths);
        var archive = Path.Join(work.Path, "image.tar");
        await File.WriteAllBytesAsync(archive, image.Archive, cancellationToken);
        var storage =
            $"containers-storage:[overlay@{machine.At(runtime.RootDirectory)}+{machine.At(runtime.StateDirectory)}]";
        var copy = new ChildCommand(
            "skopeo",
            ["--insecure-policy", "copy", $"oci-archive:{archive}", storage + image.Reference]
        );
        await RunAsync(runtime, image, machine, copy, cancellationToken);
    }
}
