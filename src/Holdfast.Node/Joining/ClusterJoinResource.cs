using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Joining;

/// <summary>
/// This machine is a member of its cluster. A join that was cut short is seen by the mark that it leaves: it is reset and
/// made anew, because no tool goes on where it was.
/// </summary>
internal sealed class ClusterJoinResource(IJoinTool tool) : IResource
{
    public const string KindName = "cluster-join";

    public string Kind => KindName;

    /// <summary>By the agent, not by the tool: a document that loses its token after the join must not mean to leave.</summary>
    public string Id => $"{Kind}:{tool.AgentService}";

    public string Title => tool.Title;

    public string Why => tool.Why;

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (IsUnfinished(machine))
        {
            return Inspection.Differs("an earlier join was cut short");
        }
        if (machine.Exists(tool.DoneFile))
        {
            return Inspection.AsWanted($"{tool.DoneFile} is there");
        }
        await tool.RequireAsync(machine, cancellationToken);
        var warning = tool.Warn(machine) is { } words ? $"; {words}" : "";
        return Inspection.Differs($"{tool.DoneFile} is not there{warning}");
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var footprint = await tool.ListFootprintAsync(machine, cancellationToken);
        var reset = await tool.ResetCommandAsync(machine, cancellationToken);
        var services = new JsonArray();
        foreach (var service in tool.Services)
        {
            var before = await AgentServiceResource.ReadBeforeAsync(machine, service, cancellationToken);
            before["name"] = service;
            services.Add((JsonNode)before);
        }
        return new JsonObject
        {
            ["joined"] = machine.Exists(tool.DoneFile) && !IsUnfinished(machine),
            ["done"] = tool.DoneFile,
            ["services"] = services,
            ["reset"] = new JsonArray([(JsonNode)reset.FileName, .. reset.Arguments.Select(a => (JsonNode)a)]),
            ["roots"] = new JsonArray([.. footprint.Select(root => (JsonNode)root)]),
            ["entries"] = await TreeOriginal.RecordAsync(machine, footprint, cancellationToken),
        };
    }

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (IsUnfinished(machine))
        {
            machine.Progress?.Report("taking away what an earlier join left");
            var reset = await tool.ResetCommandAsync(machine, cancellationToken);
            var footprint = await tool.ListFootprintAsync(machine, cancellationToken);
            foreach (var service in tool.Services)
            {
                await StopAsync(machine, service, disable: false, cancellationToken);
            }
            UnmountBelow(machine, footprint);
            var bystanders = await TreeOriginal.RecordAsync(machine, Kubeadm.EmptiedByReset, cancellationToken);
            await ResetAsync(machine, reset, cancellationToken);
            await TreeOriginal.RestoreAsync(machine, Kubeadm.EmptiedByReset, bystanders, cancellationToken);
        }
        else
        {
            StaticPods.Forget(machine);
        }
        Directory.CreateDirectory(StateDirectory(machine));
        foreach (var service in tool.Services)
        {
            await AgentServiceResource.RememberAsync(machine, service, cancellationToken);
        }
        await tool.RequireReachAsync(machine, cancellationToken);
        await AtomicFile.WriteAsync(Mark(machine), "joining\n"u8.ToArray(), cancellationToken: cancellationToken);
        await tool.JoinAsync(machine, cancellationToken);
        FaultPoint.Reach("cluster.joined");
        File.Delete(Mark(machine));
        StaticPods.Forget(machine);
    }

    /// <summary>Without the tool that resets there was nothing that it could have done.</summary>
    internal static async Task ResetAsync(Machine machine, ChildCommand reset, CancellationToken cancellationToken)
    {
        try
        {
            await JoinProcess.RunAsync(machine, reset, "cannot take back a join", null, cancellationToken);
        }
        catch (NodeException missing) when (missing.Reason == NodeReason.NotSupported)
        {
            machine.Progress?.Report($"there is no {reset.FileName} that could reset");
        }
    }

    /// <summary>Where a join keeps what must outlive a crash.</summary>
    internal static string StateDirectory(Machine machine) => Path.Join(machine.Paths.StateDirectory, "cluster");

    /// <summary>Whether a tool may have been at work: without its mark and its last file it never was.</summary>
    internal static bool WasBegun(Machine machine, string doneFile) =>
        IsUnfinished(machine) || machine.Exists(doneFile);

    /// <summary>Forgets that there ever was a join.</summary>
    internal static void Forget(Machine machine)
    {
        Kubeadm.RemoveConfig(machine);
        if (Directory.Exists(StateDirectory(machine)))
        {
            Directory.Delete(StateDirectory(machine), recursive: true);
        }
    }

    internal static async Task StopAsync(
        Machine machine,
        string service,
        bool disable,
        CancellationToken cancellationToken
    )
    {
        var status = await machine.Services.StatusAsync(service, cancellationToken);
        var isDisabled = disable && status.IsEnabled;
        if (status.IsKnown && (status.IsRunning || isDisabled))
        {
            await machine.Services.StopAsync(service, status.IsRunning, isDisabled, cancellationToken);
        }
    }

    /// <summary>
    /// The services of a recorded join as they were before it. Journals of older versions name the agent alone and not how it
    /// was: it is only stopped.
    /// </summary>
    internal static IEnumerable<(string Name, bool WasEnabled, bool WasRunning)> ListServices(JsonObject original) =>
        original["services"] is JsonArray services
            ? services
                .OfType<JsonObject>()
                .Select(service => ((string)service["name"]!, (bool)service["enabled"]!, (bool)service["running"]!))
            : [((string)original["service"]!, true, false)];

    /// <summary>Volumes of pods are mounts below these directories, and the tools remove files through them.</summary>
    internal static void UnmountBelow(Machine machine, IEnumerable<string> roots)
    {
        foreach (var root in roots)
        {
            TreeOriginal.UnmountBelow(machine, root);
        }
    }

    private static bool IsUnfinished(Machine machine) => File.Exists(Mark(machine));

    private static string Mark(Machine machine) => Path.Join(StateDirectory(machine), "joining");
}

/// <summary>
/// Takes a machine out of the cluster that it was made to join: services stopped, volumes unmounted, the tool's own reset,
/// and then every directory that the tool used put back as it was. Stateless.
/// </summary>
internal sealed class ClusterJoinUndo : IUndo
{
    public string Kind => ClusterJoinResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        if ((bool)change.Original["joined"]!)
        {
            return null;
        }
        var roots = change.Original["roots"]!.AsArray().Select(root => (string)root!).ToArray();
        foreach (var (service, wasEnabled, _) in ClusterJoinResource.ListServices(change.Original))
        {
            await ClusterJoinResource.StopAsync(machine, service, disable: !wasEnabled, cancellationToken);
        }
        ClusterJoinResource.UnmountBelow(machine, roots);
        var note = ClusterJoinResource.WasBegun(machine, (string)change.Original["done"]!)
            ? await ResetAsync(machine, change.Original["reset"]!.AsArray(), cancellationToken)
            : null;
        FaultPoint.Reach("cluster.reset");
        await StaticPods.PutBackAsync(machine, cancellationToken);
        // The resets empty these directories of other people's networks, who may have added more since the join.
        var own = roots.Except(Kubeadm.EmptiedByReset).ToArray();
        await TreeOriginal.RestoreAsync(machine, own, change.Original["entries"]!.AsArray(), cancellationToken);
        await machine.Services.RefreshAsync(cancellationToken);
        ClusterJoinResource.Forget(machine);
        return note;
    }

    /// <summary>A kubelet that ran before anybody joined runs again: the join and the reset both stop it.</summary>
    public async Task SettleAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        if ((bool)change.Original["joined"]!)
        {
            return;
        }
        foreach (var (service, _, wasRunning) in ClusterJoinResource.ListServices(change.Original))
        {
            var status = await machine.Services.StatusAsync(service, cancellationToken);
            if (wasRunning && status is { IsKnown: true, IsRunning: false })
            {
                await machine.Services.RestartKnownAsync(service, cancellationToken);
            }
        }
    }

    /// <summary>The files are put back whatever it says; what only the tool knows (an address set up, a route) is told.</summary>
    private static async Task<string?> ResetAsync(Machine machine, JsonArray words, CancellationToken cancellationToken)
    {
        var command = new ChildCommand((string)words[0]!, [.. words.Skip(1).Select(word => (string)word!)]);
        try
        {
            await ClusterJoinResource.ResetAsync(machine, command, cancellationToken);
            return null;
        }
        catch (NodeException failure)
        {
            return $"{failure.Message}: the files are as before all the same, the node's object in the cluster is to be deleted there";
        }
    }
}
