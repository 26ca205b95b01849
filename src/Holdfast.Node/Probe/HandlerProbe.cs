using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Kube;

namespace Holdfast.Node.Probe;

/// <summary>One pod in one handler, from its sandbox to its removal. Used once.</summary>
internal sealed class HandlerProbe(RuntimeEndpoint endpoint, string handler, ProbeOptions options, TimeProvider time)
{
    private const string Namespace = "holdfast-probe";
    private const string ContainerName = "probe";
    private const string Line = "holdfast was here";

    /// <summary>From the write inside to the line in the file: a copy through a pipe.</summary>
    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly string run = Guid.NewGuid().ToString();
    private readonly List<ProbeStep> steps = [];
    private string? kernelRelease;
    private string? address;

    public static string LogDirectory(ProbeOptions options, PodSandboxMetadata pod) =>
        Path.Join(options.PodLogsDirectory, PodLogPath.Directory(pod.Namespace, pod.Name, pod.Uid));

    public async Task<ProbeResult> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, options.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            await RunStepsAsync(limit.Token);
        }
        finally
        {
            var start = time.GetTimestamp();
            var stays = await new ProbeCleanup(endpoint, options, time).RemoveRunAsync(run);
            steps.Add(new ProbeStep("cleanup", time.GetElapsedTime(start), null, stays));
        }
        cancellationToken.ThrowIfCancellationRequested();
        return new ProbeResult(endpoint.Name, handler, steps, kernelRelease, address);
    }

    private async Task RunStepsAsync(CancellationToken cancellationToken)
    {
        var pod = Pod();
        var sandbox = "";
        var container = "";
        _ =
            await StepAsync("sandbox", async () => sandbox = await RunSandboxAsync(pod, cancellationToken))
            && await StepAsync("address", async () => address = await ReadAddressAsync(sandbox, cancellationToken))
            && await StepAsync(
                "container",
                async () => container = await StartContainerAsync(sandbox, pod, cancellationToken)
            )
            && await StepAsync("exec", async () => kernelRelease = await ReadKernelAsync(container, cancellationToken))
            && await StepAsync("log", () => ReadLogAsync(pod, cancellationToken));
    }

    /// <returns>Whether it went well and the next may follow.</returns>
    private async Task<bool> StepAsync(string name, Func<Task<string>> run)
    {
        var start = time.GetTimestamp();
        string? detail = null;
        string? error = null;
        try
        {
            detail = await run();
        }
        catch (CriException cause)
        {
            error = cause.Message;
        }
        catch (NodeException cause)
        {
            error = cause.Message;
        }
        catch (IOException cause)
        {
            error = cause.Message;
        }
        catch (OperationCanceledException)
        {
            error = $"not done within {options.Timeout.TotalSeconds} s";
        }
        steps.Add(new ProbeStep(name, time.GetElapsedTime(start), detail, error));
        return error is null;
    }

    private PodSandboxConfig Pod()
    {
        var metadata = new PodSandboxMetadata
        {
            Name = handler.Length == 0 ? "probe" : $"probe-{handler}",
            Namespace = Namespace,
            Uid = run,
        };
        return new PodSandboxConfig
        {
            Metadata = metadata,
            Hostname = "probe",
            LogDirectory = LogDirectory(options, metadata),
            Labels =
            {
                [ProbeLabels.Owner] = ProbeLabels.Self,
                [ProbeLabels.Run] = run,
                ["io.kubernetes.pod.name"] = metadata.Name,
                ["io.kubernetes.pod.namespace"] = metadata.Namespace,
                ["io.kubernetes.pod.uid"] = metadata.Uid,
            },
            Linux = new LinuxPodSandboxConfig
            {
                // runc asks for a slice where systemd manages control groups; this one is always there.
                CgroupParent = options.UseSystemdCgroup ? "system.slice" : "",
                SecurityContext = new LinuxSandboxSecurityContext
                {
                    NamespaceOptions = new NamespaceOption { Pid = NamespaceMode.Container },
                },
            },
        };
    }

    private async Task<string> RunSandboxAsync(PodSandboxConfig pod, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(pod.LogDirectory);
        var request = new RunPodSandboxRequest { Config = pod, RuntimeHandler = handler };
        return (await endpoint.RunPodSandboxAsync(request, cancellationToken)).PodSandboxId;
    }

    private async Task<string> ReadAddressAsync(string sandbox, CancellationToken cancellationToken)
    {
        var request = new PodSandboxStatusRequest { PodSandboxId = sandbox };
        var ip = (await endpoint.PodSandboxStatusAsync(request, cancellationToken)).Status?.Network?.Ip;
        return string.IsNullOrEmpty(ip)
            ? throw new NodeException(
                NodeReason.RuntimeFailed,
                "the pod got no address; look at the CNI configuration in /etc/cni/net.d"
            )
            : ip;
    }

    private async Task<string> StartContainerAsync(
        string sandbox,
        PodSandboxConfig pod,
        CancellationToken cancellationToken
    )
    {
        await RequireImageAsync(cancellationToken);
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = ContainerName },
            Image = new ImageSpec { Image = options.Image },
            Command = { "sh", "-c", $"echo {Line}; exec sleep 3600" },
            LogPath = Path.Join(ContainerName, PodLogPath.File(0)),
            Labels =
            {
                [ProbeLabels.Owner] = ProbeLabels.Self,
                [ProbeLabels.Run] = run,
                ["io.kubernetes.container.name"] = ContainerName,
            },
            // As the sandbox's: a sandbox without an infra container, CRI-O's default, has no namespace to share.
            Linux = new LinuxContainerConfig
            {
                SecurityContext = new LinuxContainerSecurityContext
                {
                    NamespaceOptions = new NamespaceOption { Pid = NamespaceMode.Container },
                },
            },
        };
        var request = new CreateContainerRequest
        {
            PodSandboxId = sandbox,
            Config = config,
            SandboxConfig = pod,
        };
        var id = (await endpoint.CreateContainerAsync(request, cancellationToken)).ContainerId;
        await endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = id }, cancellationToken);
        return id;
    }

    private async Task RequireImageAsync(CancellationToken cancellationToken)
    {
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = options.Image } };
        if ((await endpoint.ImageStatusAsync(request, cancellationToken)).Image is null)
        {
            throw new NodeException(
                NodeReason.RuntimeFailed,
                $"{endpoint.Name} does not have the image {options.Image}; \"holdfast up\" puts it there"
            );
        }
    }

    private async Task<string> ReadKernelAsync(string container, CancellationToken cancellationToken)
    {
        var request = new ExecSyncRequest
        {
            ContainerId = container,
            Cmd = { "uname", "-r" },
            Timeout = (long)options.Timeout.TotalSeconds,
        };
        var answer = await endpoint.ExecSyncAsync(request, cancellationToken);
        var release = answer.Stdout.ToStringUtf8().Trim();
        return answer.ExitCode == 0 && release.Length > 0
            ? release
            : throw new NodeException(
                NodeReason.RuntimeFailed,
                $"uname -r ended with exit code {answer.ExitCode}: {answer.Stderr.ToStringUtf8().Trim()}"
            );
    }

    /// <summary>Lines of CRI logs: time, stream, F or P, text.</summary>
    private async Task<string> ReadLogAsync(PodSandboxConfig pod, CancellationToken cancellationToken)
    {
        var file = Path.Join(pod.LogDirectory, ContainerName, PodLogPath.File(0));
        var start = time.GetTimestamp();
        while (true)
        {
            var text = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "";
            if (text.EndsWith('\n'))
            {
                var line = text.Split('\n')[0];
                var fields = line.Split(' ', 4);
                var isCri = fields.Length == 4 && DateTimeOffset.TryParse(fields[0], out _) && fields[1] == "stdout";
                return isCri && fields[2] == "F" && fields[3] == Line
                    ? line
                    : throw new NodeException(NodeReason.RuntimeFailed, $"this is not what was written: {line}");
            }
            if (time.GetElapsedTime(start) > LogTimeout)
            {
                throw new NodeException(NodeReason.RuntimeFailed, $"nothing arrived in {file}");
            }
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }
}
