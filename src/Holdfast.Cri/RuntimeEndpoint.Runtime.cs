using Holdfast.Cri.V1;

namespace Holdfast.Cri;

// The calls of the runtime service: generated messages in and out, each with the deadline of its class.
public sealed partial class RuntimeEndpoint
{
    public Task<StatusResponse> StatusAsync(StatusRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.Status, request, Options.Deadlines.Query, cancellationToken);

    public Task<RuntimeConfigResponse> RuntimeConfigAsync(
        RuntimeConfigRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.RuntimeConfig, request, Options.Deadlines.Query, cancellationToken);

    public Task<UpdateRuntimeConfigResponse> UpdateRuntimeConfigAsync(
        UpdateRuntimeConfigRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.UpdateRuntimeConfig, request, Options.Deadlines.Change, cancellationToken);

    public Task<RunPodSandboxResponse> RunPodSandboxAsync(
        RunPodSandboxRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.RunPodSandbox, request, Options.Deadlines.Change, cancellationToken);

    public Task<StopPodSandboxResponse> StopPodSandboxAsync(
        StopPodSandboxRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.StopPodSandbox, request, Options.Deadlines.Change, cancellationToken);

    public Task<RemovePodSandboxResponse> RemovePodSandboxAsync(
        RemovePodSandboxRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.RemovePodSandbox, request, Options.Deadlines.Change, cancellationToken);

    public Task<PodSandboxStatusResponse> PodSandboxStatusAsync(
        PodSandboxStatusRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.PodSandboxStatus, request, Options.Deadlines.Query, cancellationToken);

    public Task<ListPodSandboxResponse> ListPodSandboxAsync(
        ListPodSandboxRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ListPodSandbox, request, Options.Deadlines.Query, cancellationToken);

    public Task<CreateContainerResponse> CreateContainerAsync(
        CreateContainerRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.CreateContainer, request, Options.Deadlines.Change, cancellationToken);

    public Task<StartContainerResponse> StartContainerAsync(
        StartContainerRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.StartContainer, request, Options.Deadlines.Change, cancellationToken);

    public Task<RemoveContainerResponse> RemoveContainerAsync(
        RemoveContainerRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.RemoveContainer, request, Options.Deadlines.Change, cancellationToken);

    public Task<ContainerStatusResponse> ContainerStatusAsync(
        ContainerStatusRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ContainerStatus, request, Options.Deadlines.Query, cancellationToken);

    public Task<ListContainersResponse> ListContainersAsync(
        ListContainersRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ListContainers, request, Options.Deadlines.Query, cancellationToken);

    public Task<UpdateContainerResourcesResponse> UpdateContainerResourcesAsync(
        UpdateContainerResourcesRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.UpdateContainerResources, request, Options.Deadlines.Change, cancellationToken);

    public Task<ReopenContainerLogResponse> ReopenContainerLogAsync(
        ReopenContainerLogRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ReopenContainerLog, request, Options.Deadlines.Query, cancellationToken);

    public Task<ExecResponse> ExecAsync(ExecRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.Exec, request, Options.Deadlines.Query, cancellationToken);

    public Task<AttachResponse> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.Attach, request, Options.Deadlines.Query, cancellationToken);

    public Task<PortForwardResponse> PortForwardAsync(
        PortForwardRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.PortForward, request, Options.Deadlines.Query, cancellationToken);

    public Task<ContainerStatsResponse> ContainerStatsAsync(
        ContainerStatsRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ContainerStats, request, Options.Deadlines.Query, cancellationToken);

    public Task<ListContainerStatsResponse> ListContainerStatsAsync(
        ListContainerStatsRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ListContainerStats, request, Options.Deadlines.Query, cancellationToken);

    public Task<PodSandboxStatsResponse> PodSandboxStatsAsync(
        PodSandboxStatsRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.PodSandboxStats, request, Options.Deadlines.Query, cancellationToken);

    public Task<ListPodSandboxStatsResponse> ListPodSandboxStatsAsync(
        ListPodSandboxStatsRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ListPodSandboxStats, request, Options.Deadlines.Query, cancellationToken);

    /// <summary>The deadline is the grace that the request gives the container, and then that of a change.</summary>
    public Task<StopContainerResponse> StopContainerAsync(
        StopContainerRequest request,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            CriMethods.StopContainer,
            request,
            Beyond(Options.Deadlines.Change, request.Timeout),
            cancellationToken
        );

    /// <summary>The deadline is the request's own timeout and then that of a query; none when the request has none.</summary>
    public Task<ExecSyncResponse> ExecSyncAsync(ExecSyncRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            CriMethods.ExecSync,
            request,
            request.Timeout <= 0 ? Timeout.InfiniteTimeSpan : Beyond(Options.Deadlines.Query, request.Timeout),
            cancellationToken
        );

    private static TimeSpan Beyond(TimeSpan deadline, long seconds) =>
        deadline == Timeout.InfiniteTimeSpan
            ? deadline
            : deadline + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, MaxGraceSeconds));
}
