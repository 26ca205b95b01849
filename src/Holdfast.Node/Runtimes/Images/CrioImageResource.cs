using System.Text.Json.Nodes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>
/// An image that Holdfast makes, present in CRI-O's storage. CRI-O cannot import; skopeo writes into the same storage
/// under the same locks. Undo takes it out only if it was not there before.
/// </summary>
internal sealed class CrioImageResource(
    RuntimeSpec runtime,
    string reference,
    Func<Machine, CancellationToken, Task<OciImage>> make
) : IResource
{
    public const string KindName = "crio-image";

    /// <summary>A few megabytes onto a slow card.</summary>
    private static readonly TimeSpan CopyTimeout = TimeSpan.FromMinutes(2);

    public string Kind => KindName;

    public string Id => $"{Kind}:{runtime.Name}:{reference}";

    public string Title => $"{runtime.Name} has the image {reference}";

    public string? Why => "made here, so that no registry is needed";

    public static CrioImageResource Pause(RuntimeSpec runtime, string architecture) =>
        new(runtime, PauseImage.Reference, (_, _) => Task.FromResult(PauseImage.Create(architecture)));

    public static CrioImageResource Busybox(RuntimeSpec runtime, string architecture) =>
        new(
            runtime,
            BusyboxImage.Reference,
            async (machine, token) =>
                await BusyboxSource.FromMachineAsync(machine, architecture, token)
                ?? await BusyboxSource.FromPackageAsync(machine, architecture, token)
        );

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(runtime.Socket))
        {
            return Inspection.Differs($"{runtime.Name} does not run yet");
        }
        try
        {
            return await HasAsync(machine, cancellationToken)
                ? Inspection.AsWanted($"{runtime.Name} has {reference}")
                : Inspection.Differs($"{runtime.Name} does not have {reference}");
        }
        catch (CriException cause)
        {
            return Inspection.Differs($"{runtime.Name} does not answer: {cause.Message}");
        }
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        new()
        {
            ["socket"] = runtime.Socket,
            ["reference"] = reference,
            ["present"] = await HasAsync(machine, cancellationToken),
        };

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var image = await make(machine, cancellationToken);
        // skopeo reads an archive by its name only. What a crash leaves is overwritten by the next run.
        var archive = Path.Join(machine.Paths.StateDirectory, "image.tar");
        await AtomicFile.WriteAsync(
            archive,
            image.Archive,
            AtomicFile.SecretMode,
            owner: null,
            cancellationToken: cancellationToken
        );
        try
        {
            var result = await machine.RunAsync(
                new ChildCommand(
                    "skopeo",
                    ["--insecure-policy", "copy", $"oci-archive:{archive}", Destination(machine)]
                ),
                CopyTimeout,
                cancellationToken
            );
            if (!result.Succeeded)
            {
                throw new NodeException(
                    NodeReason.RuntimeFailed,
                    $"cannot put the image {reference} into {runtime.Name}: {result.LastErrorLine}"
                );
            }
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private string Destination(Machine machine) =>
        $"containers-storage:[overlay@{machine.At(runtime.RootDirectory)}+{machine.At(runtime.StateDirectory)}]{reference}";

    private async Task<bool> HasAsync(Machine machine, CancellationToken cancellationToken)
    {
        var options = new RuntimeEndpointOptions(runtime.Name, machine.At(runtime.Socket));
        await using var endpoint = new RuntimeEndpoint(options, machine.Time, machine.Logs);
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = reference } };
        return (await endpoint.ImageStatusAsync(request, cancellationToken)).Image is not null;
    }
}

/// <summary>Takes an image out of CRI-O if it was not there before us. Stateless.</summary>
internal sealed class CrioImageUndo : IUndo
{
    public string Kind => CrioImageResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var socket = (string)change.Original["socket"]!;
        var reference = (string)change.Original["reference"]!;
        if ((bool)change.Original["present"]! || !machine.Exists(socket))
        {
            return null;
        }
        try
        {
            var options = new RuntimeEndpointOptions("cri-o", machine.At(socket));
            await using var endpoint = new RuntimeEndpoint(options, machine.Time, machine.Logs);
            await endpoint.RemoveImageAsync(
                new RemoveImageRequest { Image = new ImageSpec { Image = reference } },
                cancellationToken
            );
            return null;
        }
        catch (CriException cause)
        {
            return $"the image {reference} stays in the runtime at {socket}: {cause.Message}";
        }
    }
}
