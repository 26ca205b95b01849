using System.Text.Json.Nodes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;
using Holdfast.Node.Programs;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>
/// An image that Holdfast makes, present in one containerd. Undo takes it out only if it was not there before.
/// </summary>
internal sealed class RuntimeImageResource : IResource
{
    public const string KindName = "image";

    /// <summary>containerd's image garbage collection, and the kubelet's, leave such images alone.</summary>
    private const string PinnedLabel = "io.cri-containerd.pinned=pinned";

    /// <summary>A few megabytes onto a slow card.</summary>
    private static readonly TimeSpan ImportTimeout = TimeSpan.FromMinutes(2);

    /// <summary>CRI hears of an import by an event of containerd.</summary>
    private static readonly TimeSpan VisibleTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly string runtime;
    private readonly string socket;
    private readonly string reference;
    private readonly Func<Machine, CancellationToken, Task<OciImage?>> know;
    private readonly Func<Machine, CancellationToken, Task<OciImage>> make;

    /// <param name="know">The image if it can be known cheaply, to compare with what is there; null: any of that name will do.</param>
    /// <param name="make">The image, whatever it takes.</param>
    public RuntimeImageResource(
        string runtime,
        string socket,
        string reference,
        Func<Machine, CancellationToken, Task<OciImage?>> know,
        Func<Machine, CancellationToken, Task<OciImage>> make
    )
    {
        this.runtime = runtime;
        this.socket = socket;
        this.reference = reference;
        this.know = know;
        this.make = make;
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{runtime}:{reference}";

    public string Title => $"{runtime} has the image {reference}";

    public string? Why { get; init; }

    public static RuntimeImageResource Pause(string runtime, string socket, string architecture) =>
        new(
            runtime,
            socket,
            PauseImage.Reference,
            (_, _) => Task.FromResult<OciImage?>(PauseImage.Create(architecture)),
            (_, _) => Task.FromResult(PauseImage.Create(architecture))
        )
        {
            Why = "it holds the namespaces of every pod; made here, so that no registry is needed",
        };

    public static RuntimeImageResource Busybox(string runtime, string socket, string architecture) =>
        new(
            runtime,
            socket,
            BusyboxImage.Reference,
            (machine, token) => BusyboxSource.FromMachineAsync(machine, architecture, token),
            async (machine, token) =>
                await BusyboxSource.FromMachineAsync(machine, architecture, token)
                ?? await BusyboxSource.FromPackageAsync(machine, architecture, token)
        )
        {
            Why = "the probe and the examples run in it",
        };

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(socket))
        {
            return Inspection.Differs($"{runtime} does not run yet");
        }
        try
        {
            var present = await FindAsync(machine, cancellationToken);
            if (present is null)
            {
                return Inspection.Differs($"{runtime} does not have {reference}");
            }
            var wanted = await know(machine, cancellationToken);
            return wanted is null || wanted.Id == present
                ? Inspection.AsWanted($"{runtime} has {reference}")
                : Inspection.Differs($"{runtime} has another {reference}");
        }
        catch (CriException cause)
        {
            return Inspection.Differs($"{runtime} does not answer: {cause.Message}");
        }
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        new()
        {
            ["socket"] = socket,
            ["reference"] = reference,
            ["present"] = await FindAsync(machine, cancellationToken) is not null,
        };

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var image = await make(machine, cancellationToken);
        var import = Ctr(machine, socket, await ImportArgumentsAsync(machine, cancellationToken)) with
        {
            StandardInput = image.Archive,
        };
        await RunAsync(machine, import, cancellationToken);
        await RunAsync(machine, Ctr(machine, socket, ["images", "label", reference, PinnedLabel]), cancellationToken);
        await WaitUntilVisibleAsync(machine, image.Id, cancellationToken);
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

    private static ChildCommand Ctr(Machine machine, string socket, IReadOnlyList<string> arguments) =>
        new(Program(machine), ["--namespace", "k8s.io", "--address", machine.At(socket), .. arguments]);

    /// <summary>That of an archive comes before a package's, as on the PATH of a service.</summary>
    private static string Program(Machine machine) =>
        machine.Exists("/usr/local/bin/ctr") ? machine.At("/usr/local/bin/ctr") : "ctr";

    private async Task RunAsync(Machine machine, ChildCommand command, CancellationToken cancellationToken)
    {
        var result = await machine.RunAsync(command, ImportTimeout, cancellationToken);
        if (!result.Succeeded)
        {
            throw new NodeException(
                NodeReason.RuntimeFailed,
                $"cannot put the image {reference} into {runtime}: {result.LastErrorLine}"
            );
        }
    }

    private async Task WaitUntilVisibleAsync(Machine machine, string id, CancellationToken cancellationToken)
    {
        var start = machine.Time.GetTimestamp();
        while (await FindAsync(machine, cancellationToken) != id)
        {
            if (machine.Time.GetElapsedTime(start) > VisibleTimeout)
            {
                throw new NodeException(
                    NodeReason.RuntimeFailed,
                    $"cannot put the image {reference} into {runtime}: it was imported, but CRI does not show it"
                );
            }
            await Task.Delay(PollInterval, machine.Time, cancellationToken);
        }
    }

    /// <summary>The id under which the runtime has the image; null when it does not.</summary>
    private async Task<string?> FindAsync(Machine machine, CancellationToken cancellationToken)
    {
        var options = new RuntimeEndpointOptions(runtime, machine.At(socket));
        await using var endpoint = new RuntimeEndpoint(options, machine.Time, machine.Logs);
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = reference } };
        return (await endpoint.ImageStatusAsync(request, cancellationToken)).Image?.Id;
    }
}

/// <summary>Takes an image out of containerd if it was not there before us. Stateless.</summary>
internal sealed class RuntimeImageUndo : IUndo
{
    private static readonly TimeSpan RemoveTimeout = TimeSpan.FromSeconds(30);

    public string Kind => RuntimeImageResource.KindName;

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
            // Asked of CRI, which also knows the image by its id: taking away only the name would leave all of it on the disk.
            var options = new RuntimeEndpointOptions("containerd", machine.At(socket));
            await using var endpoint = new RuntimeEndpoint(options, machine.Time, machine.Logs);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(RemoveTimeout);
            var image = new ImageSpec { Image = reference };
            await endpoint.RemoveImageAsync(new RemoveImageRequest { Image = image }, limit.Token);
            return null;
        }
        catch (CriException cause)
        {
            return $"the image {reference} stays in the runtime at {socket}: {cause.Message}";
        }
    }
}
