using Holdfast.Kube;

namespace Holdfast.Agent.Containers;

/// <summary>Requests and limits as the kernel understands them: shares, quota, bytes, OOM score. Pure; the kubelet's formulas.</summary>
internal static class LinuxResourcesBuilder
{
    // pkg/kubelet/cm/helpers_linux.go
    private const long SharesPerCpu = 1024;
    private const long MinShares = 2;
    private const long MaxShares = 262144;
    private const long QuotaPeriodMicroseconds = 100_000;
    private const long MinQuotaMicroseconds = 1000;

    // pkg/kubelet/qos/policy.go
    private const long GuaranteedOomScore = -997;
    private const long BestEffortOomScore = 1000;

    // scheduling.SystemCriticalPriority
    private const int CriticalPriority = 2_000_000_000;

    public static V1.LinuxContainerResources Build(Pod pod, Container container, long nodeMemoryBytes)
    {
        var cpuLimit = MilliValue(container.Resources.Limits, "cpu");
        var cpuRequest = MilliValue(container.Resources.Requests, "cpu") ?? cpuLimit ?? 0;
        var resources = new V1.LinuxContainerResources
        {
            CpuShares = Shares(cpuRequest),
            OomScoreAdj = OomScore(pod, container, nodeMemoryBytes),
            MemoryLimitInBytes = Value(container.Resources.Limits, "memory") ?? 0,
        };
        if (cpuLimit is > 0)
        {
            resources.CpuPeriod = QuotaPeriodMicroseconds;
            resources.CpuQuota = Math.Max(cpuLimit.Value * QuotaPeriodMicroseconds / 1000, MinQuotaMicroseconds);
        }

        return resources;
    }

    public static long Shares(long milliCpu) => Math.Clamp(milliCpu * SharesPerCpu / 1000, MinShares, MaxShares);

    public static long OomScore(Pod pod, Container container, long nodeMemoryBytes)
    {
        if (pod.Spec.Priority >= CriticalPriority)
        {
            return GuaranteedOomScore;
        }

        switch (QosClass.Of(pod.Spec))
        {
            case QosClass.Guaranteed:
                return GuaranteedOomScore;
            case QosClass.BestEffort:
                return BestEffortOomScore;
            default:
                break;
        }

        var request = Value(container.Resources.Requests, "memory") ?? Value(container.Resources.Limits, "memory") ?? 0;
        var score = BestEffortOomScore - (nodeMemoryBytes > 0 ? 1000 * request / nodeMemoryBytes : 0);

        // Burstable stays above guaranteed and below best effort, whatever it asks for.
        return Math.Clamp(score, 1000 + GuaranteedOomScore, BestEffortOomScore - 1);
    }

    private static long? MilliValue(IReadOnlyDictionary<string, Quantity> resources, string name) =>
        resources.TryGetValue(name, out var quantity) ? quantity.MilliValue : null;

    private static long? Value(IReadOnlyDictionary<string, Quantity> resources, string name) =>
        resources.TryGetValue(name, out var quantity) ? quantity.Value : null;
}
