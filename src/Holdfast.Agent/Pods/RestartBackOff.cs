namespace Holdfast.Agent.Pods;

/// <summary>
/// How long to wait before doing again what failed: at once the first time, then 10 s doubling to 5 min, forgotten after
/// 10 min without a failure. The kubelet's numbers, for containers and for image pulls. A value; owned by one worker.
/// </summary>
internal readonly record struct RestartBackOff(TimeSpan Delay, DateTimeOffset LastUpdate)
{
    // pkg/kubelet/kubelet.go: containerBackOffPeriod, MaxContainerBackOff; client-go flowcontrol forgets after 2 x max.
    public static readonly TimeSpan Initial = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Max = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Forget = Max * 2;

    /// <summary>When the next try may be made after a failure at <paramref name="failedAt"/>; null means now.</summary>
    public DateTimeOffset? WaitUntil(DateTimeOffset failedAt, DateTimeOffset now)
    {
        if (Delay == TimeSpan.Zero || failedAt - LastUpdate > Forget)
        {
            return null;
        }

        var until = failedAt + Delay;
        return until > now ? until : null;
    }

    /// <summary>The state after one more try is made now, following a failure at <paramref name="failedAt"/>.</summary>
    public RestartBackOff Next(DateTimeOffset failedAt, DateTimeOffset now)
    {
        if (Delay == TimeSpan.Zero || failedAt - LastUpdate > Forget)
        {
            return new RestartBackOff(Initial, now);
        }

        return new RestartBackOff(Delay * 2 > Max ? Max : Delay * 2, now);
    }
}
