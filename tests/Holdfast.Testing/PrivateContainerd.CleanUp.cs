using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;

namespace Holdfast.Testing;

public sealed partial class PrivateContainerd
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(60);

    /// <summary>Takes everything away that was made here: politely, and what refuses to go by force.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is not null && options.HasCri)
        {
            await RemoveSandboxesAsync();
        }

        if (process is not null)
        {
            await process.DisposeAsync();
        }

        var bundles = FindBundles();
        await KillShimsAsync();
        foreach (var mount in MountTable.Read().Below(Directory).Reverse().ToList())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        foreach (var bundle in bundles)
        {
            RemoveTraces(bundle);
        }

        if (System.IO.Directory.Exists($"/sys/class/net/{BridgeName}"))
        {
            await MachineFixture.RunAsync("/sbin/ip", "link", "delete", BridgeName);
        }

        directory.Dispose();
    }

    /// <summary>Processes of this containerd and its shims, by what their command lines name.</summary>
    public IReadOnlyList<int> FindShims()
    {
        var found = new List<int>();
        foreach (var id in ProcessTable.ListIds())
        {
            try
            {
                var words = File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
                if (words[0].Contains("containerd-shim", StringComparison.Ordinal) && words.Contains(SocketPath))
                {
                    found.Add(id);
                }
            }
            catch (IOException)
            {
                // Gone meanwhile.
            }
        }

        return found;
    }

    private async Task RemoveSandboxesAsync()
    {
        await using var endpoint = Connect();
        using var limit = new CancellationTokenSource(CleanUpLimit);
        try
        {
            if (!process!.IsRunning)
            {
                await StartAgainAsync();
            }

            var sandboxes = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), limit.Token);
            await Task.WhenAll(
                sandboxes.Items.Select(sandbox => RemoveSandboxAsync(endpoint, sandbox.Id, limit.Token))
            );
        }
        catch (Exception failure)
            when (failure is CriException or OperationCanceledException or InvalidOperationException or TimeoutException
            )
        {
            // A test may have broken it on purpose: what is left is taken away by force.
        }
    }

    private static async Task RemoveSandboxAsync(
        RuntimeEndpoint endpoint,
        string id,
        CancellationToken cancellationToken
    )
    {
        await endpoint.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = id }, cancellationToken);
        await endpoint.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = id }, cancellationToken);
    }

    /// <summary>Sandboxes and containers that containerd has not taken away, and where their shims listen.</summary>
    private List<(string Id, string ShimAddress)> FindBundles()
    {
        var tasks = directory[$"state/io.containerd.runtime.v2.task/{Namespace}"];
        return !System.IO.Directory.Exists(tasks)
            ? []
            :
            [
                .. System
                    .IO.Directory.EnumerateDirectories(tasks)
                    .Select(bundle =>
                    {
                        var address = Path.Join(bundle, "address");
                        return (Path.GetFileName(bundle), File.Exists(address) ? File.ReadAllText(address) : "");
                    }),
            ];
    }

    /// <summary>Removes what a killed container leaves in places that all containerds share.</summary>
    private static void RemoveTraces((string Id, string ShimAddress) bundle)
    {
        const string Scheme = "unix://";
        if (bundle.ShimAddress.StartsWith(Scheme, StringComparison.Ordinal))
        {
            File.Delete(bundle.ShimAddress[Scheme.Length..]);
        }

        var runc = $"/run/containerd/runc/{Namespace}/{bundle.Id}";
        if (System.IO.Directory.Exists(runc))
        {
            System.IO.Directory.Delete(runc, recursive: true);
        }

        if (System.IO.Directory.Exists("/var/lib/cni/results"))
        {
            foreach (var file in System.IO.Directory.EnumerateFiles("/var/lib/cni/results", $"*-{bundle.Id}-*"))
            {
                File.Delete(file);
            }
        }

        // A cgroup's files cannot be removed and need not be: the directory goes when no process is in it.
        foreach (var hierarchy in System.IO.Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            var cgroup = Path.Join(hierarchy, Namespace, bundle.Id);
            if (System.IO.Directory.Exists(cgroup))
            {
                System.IO.Directory.Delete(cgroup);
            }
        }
    }

    private async Task KillShimsAsync()
    {
        var shims = FindShims();
        var children = ChildrenByParent();
        var doomed = shims
            .SelectMany(shim => Descendants(shim, children).Prepend(shim))
            .Select(ProcessTable.Identify)
            .OfType<ProcessIdentity>()
            .ToList();
        foreach (var victim in doomed)
        {
            ProcessTable.Signal(victim, ProcessTable.SigKill);
        }

        foreach (var victim in doomed)
        {
            await ProcessTable.WaitForExitAsync(victim, CleanUpLimit, TimeProvider.System, CancellationToken.None);
        }
    }

    private static IEnumerable<int> Descendants(int parent, ILookup<int, int> children) =>
        children[parent].SelectMany(child => Descendants(child, children).Prepend(child));

    private static ILookup<int, int> ChildrenByParent()
    {
        var pairs = new List<(int Parent, int Child)>();
        foreach (var id in ProcessTable.ListIds())
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{id}/stat");
                pairs.Add((int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]), id));
            }
            catch (IOException)
            {
                // Gone meanwhile.
            }
        }

        return pairs.ToLookup(pair => pair.Parent, pair => pair.Child);
    }
}
