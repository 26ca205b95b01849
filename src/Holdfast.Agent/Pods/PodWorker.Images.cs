using Holdfast.Agent.Images;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>Having the image of a container. A pull runs beside the worker, which is told when it is over.</summary>
internal sealed partial class PodWorker
{
    // For so long ErrImagePull stays visible before it becomes ImagePullBackOff; the kubelet shows it for a sync period.
    private static readonly TimeSpan ShowPullError = TimeSpan.FromSeconds(2);

    /// <returns>Null when the container has to wait; its record says why.</returns>
    private async Task<ImageInfo?> EnsureImageAsync(
        ContainerRecord container,
        RuntimeState runtime,
        CancellationToken ct
    )
    {
        var wait = container.Image;
        if (wait.Ready is null && !wait.IsPulling)
        {
            await FindImageAsync(container, runtime, ct);
        }

        if (wait.Ready is not null)
        {
            return wait.Ready;
        }

        if (!wait.IsPulling && NeedsPull(container))
        {
            StartPull(container, runtime, SandboxConfig());
        }

        return null;
    }

    /// <summary>Takes the image that is already there, where the policy allows it.</summary>
    private async Task FindImageAsync(ContainerRecord container, RuntimeState runtime, CancellationToken ct)
    {
        if (container.Image.Ready is not null || TryParse(container) is not { } image)
        {
            return;
        }

        var policy = PullPolicy.Of(container.Spec, image);
        if (policy == PullPolicy.Always)
        {
            return;
        }

        container.Image.Ready = await runtime.Images.FindAsync(image.ToString(), ct);
        if (container.Image.Ready is not null)
        {
            Tell(container, "Pulled", $"Container image \"{container.Spec.Image}\" already present on machine");
        }
    }

    private ImageName? TryParse(ContainerRecord container)
    {
        try
        {
            return ImageName.Parse(container.Spec.Image);
        }
        catch (AgentException e)
        {
            Refuse(container, e.Reason.ToString(), e.Message);
            return null;
        }
    }

    /// <summary>Whether a pull may be started now; otherwise the record says what is waited for.</summary>
    private bool NeedsPull(ContainerRecord container)
    {
        if (TryParse(container) is not { } image)
        {
            return false;
        }

        var wait = container.Image;
        if (PullPolicy.Of(container.Spec, image) == PullPolicy.Never)
        {
            Refuse(
                container,
                "ErrImageNeverPull",
                $"Container image \"{container.Spec.Image}\" is not present with pull policy of Never"
            );
            return false;
        }

        if (wait.Failure is not null && wait.BackOff.WaitUntil(wait.FailedAt, Now) is { } until)
        {
            WakeAt(until);
            if (wait.FailedAt + ShowPullError <= Now)
            {
                var message = $"Back-off pulling image \"{container.Spec.Image}\": {wait.Failure}";
                if (container.Waiting?.Reason != "ImagePullBackOff")
                {
                    Tell(container, "BackOff", $"Back-off pulling image \"{container.Spec.Image}\"");
                }

                container.Waiting = new ContainerStateWaiting { Reason = "ImagePullBackOff", Message = message };
            }
            else
            {
                WakeAt(wait.FailedAt + ShowPullError);
            }

            return false;
        }

        return true;
    }

    /// <summary>Pulls run while the sandbox is being made: what is certain to be pulled need not wait for its turn.</summary>
    private async Task StartPullsAsync(RuntimeState runtime, V1.PodSandboxConfig config, CancellationToken ct)
    {
        foreach (var container in containers)
        {
            await FindImageAsync(container, runtime, ct);
            if (container is { Image: { Ready: null, IsPulling: false }, RetryAt: null } && NeedsPull(container))
            {
                StartPull(container, runtime, config);
            }
        }
    }

    private void StartPull(ContainerRecord container, RuntimeState runtime, V1.PodSandboxConfig config)
    {
        var image = ImageName.Parse(container.Spec.Image);
        var wait = container.Image;
        wait.IsPulling = true;
        if (wait.Failure is not null)
        {
            wait.BackOff = wait.BackOff.Next(wait.FailedAt, Now);
        }

        Tell(container, "Pulling", $"Pulling image \"{container.Spec.Image}\"");
        var credentials = RegistryCredentials.For(pod!, image, tools.Objects);
        _ = PullAsync(container, runtime, image.ToString(), credentials, config);
    }

    private async Task PullAsync(
        ContainerRecord container,
        RuntimeState runtime,
        string image,
        IReadOnlyList<V1.AuthConfig> credentials,
        V1.PodSandboxConfig config
    )
    {
        try
        {
            var started = tools.Time.GetTimestamp();
            var info = await runtime.Images.PullAsync(image, credentials, config, tools.Lifetime);
            var seconds = tools.Time.GetElapsedTime(started).TotalSeconds;
            Tell(container, "Pulled", $"Successfully pulled image \"{container.Spec.Image}\" in {seconds:0.0}s");
            Post(new WorkerInput.PullReturned(container, info, null));
        }
        catch (CriException e)
        {
            Post(new WorkerInput.PullReturned(container, null, e.Message));
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    private void TakePull(WorkerInput.PullReturned pull)
    {
        var (container, image, error) = pull;
        var wait = container.Image;
        wait.IsPulling = false;
        wait.Ready = image;
        wait.Failure = error;
        if (error is null)
        {
            container.Waiting = null;
            return;
        }

        wait.FailedAt = Now;
        if (wait.BackOff.Delay == TimeSpan.Zero)
        {
            // Unlike a crashed container, a failed pull is not repeated at once.
            wait.BackOff = wait.BackOff.Next(Now, Now);
        }

        container.Waiting = new ContainerStateWaiting { Reason = "ErrImagePull", Message = error };
        Warn(container, "Failed", $"Failed to pull image \"{container.Spec.Image}\": {error}");
        Warn(container, "Failed", "Error: ErrImagePull");
    }
}
