using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;

namespace Holdfast.Node.Runtimes.Images;

/// <param name="WasPresent">The runtime had an image of that name.</param>
internal sealed record ImageBefore(string Socket, string Reference, bool WasPresent);

/// <summary>An image that Holdfast makes, present in one runtime. Undo takes it out only if it was not there before.</summary>
internal sealed class ImageChange : SimpleChange<ImageBefore>
{
    public static ChangeKind<ImageBefore> ImageKind { get; } =
        new("image", RuntimesJson.Default.ImageBefore, UndoAsync);

    /// <summary>CRI hears of an import by an event of the runtime.</summary>
    private static readonly TimeSpan VisibleTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RemoveTimeout = TimeSpan.FromSeconds(30);

    private readonly RuntimeSpec runtime;
    private readonly BuiltinImage image;
    private readonly ImageImporter importer;

    public ImageChange(RuntimeSpec runtime, BuiltinImage image, ImageImporter importer)
        : base(ImageKind, $"{runtime.Name}:{image.Reference}", $"{runtime.Name} has the image {image.Reference}")
    {
        this.runtime = runtime;
        this.image = image;
        this.importer = importer;
        Why = image.Why;
    }

    public override async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(runtime.Socket))
        {
            return Inspection.Differs($"{runtime.Name} does not run yet");
        }
        try
        {
            var present = await FindAsync(machine, cancellationToken);
            if (present is null)
            {
                return Inspection.Differs($"{runtime.Name} does not have {image.Reference}");
            }
            var wanted = importer.ShowsIds ? await image.Know(machine, cancellationToken) : null;
            return wanted is null || wanted.Id == present
                ? Inspection.AsWanted($"{runtime.Name} has {image.Reference}")
                : Inspection.Differs($"{runtime.Name} has another {image.Reference}");
        }
        catch (CriException cause)
        {
            return Inspection.Differs($"{runtime.Name} does not answer: {cause.Message}");
        }
    }

    public override async Task<ImageBefore> RememberAsync(Machine machine, CancellationToken cancellationToken) =>
        new(runtime.Socket, image.Reference, await FindAsync(machine, cancellationToken) is not null);

    public override async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var made = await image.Make(machine, cancellationToken);
        await importer.ImportAsync(runtime, made, machine, cancellationToken);
        var start = machine.Time.GetTimestamp();
        while (await FindAsync(machine, cancellationToken) is var found && !IsIt(found, made))
        {
            if (machine.Time.GetElapsedTime(start) > VisibleTimeout)
            {
                throw new NodeException(
                    NodeReason.RuntimeFailed,
                    $"cannot put the image {image.Reference} into {runtime.Name}: it was imported, but CRI does not show it"
                );
            }
            await Task.Delay(PollInterval, machine.Time, cancellationToken);
        }
    }

    private bool IsIt(string? found, OciImage made) => importer.ShowsIds ? found == made.Id : found is not null;

    /// <summary>The id under which the runtime has the image; null when it does not.</summary>
    private async Task<string?> FindAsync(Machine machine, CancellationToken cancellationToken)
    {
        await using var endpoint = Connect(machine, runtime.Name, runtime.Socket);
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = image.Reference } };
        return (await endpoint.ImageStatusAsync(request, cancellationToken)).Image?.Id;
    }

    private static async Task<string?> UndoAsync(
        Machine machine,
        History<ImageBefore> history,
        CancellationToken cancellationToken
    )
    {
        var before = history.Original;
        if (before.WasPresent || !machine.Exists(before.Socket))
        {
            return null;
        }
        try
        {
            // Asked of CRI, which also knows the image by its id: removing only the name would leave all of it on the disk.
            await using var endpoint = Connect(machine, "the runtime", before.Socket);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(RemoveTimeout);
            await endpoint.RemoveImageAsync(
                new RemoveImageRequest { Image = new ImageSpec { Image = before.Reference } },
                limit.Token
            );
            return null;
        }
        catch (CriException cause)
        {
            return $"the image {before.Reference} stays in the runtime at {before.Socket}: {cause.Message}";
        }
    }

    private static RuntimeEndpoint Connect(Machine machine, string name, string socket) =>
        new(new RuntimeEndpointOptions(name, machine.At(socket)), machine.Time, machine.Logs);
}
