using Grpc.Core;
using Holdfast.Cri.Calls;
using Holdfast.Cri.V1;
using Holdfast.Linux;

namespace Holdfast.Cri;

// The calls of the runtime service: generated messages in and out, each with the deadline of its class.
public sealed partial class RuntimeEndpoint
{
    public Task<StatusResponse> StatusAsync(StatusRequest request, CancellationToken cancellationToken) =>
        QueryAsync(
            "ask for the status",
            (cri, options) => cri.Runtime.StatusAsync(request, options),
            cancellationToken
        );

    public Task<RuntimeConfigResponse> RuntimeConfigAsync(
        RuntimeConfigRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "ask for the configuration",
            (cri, options) => cri.Runtime.RuntimeConfigAsync(request, options),
            cancellationToken
        );

    public Task<RunPodSandboxResponse> RunPodSandboxAsync(
        RunPodSandboxRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "run a sandbox",
            (cri, options) => cri.Runtime.RunPodSandboxAsync(request, options),
            cancellationToken
        );

    public Task<StopPodSandboxResponse> StopPodSandboxAsync(
        StopPodSandboxRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "stop a sandbox",
            (cri, options) => cri.Runtime.StopPodSandboxAsync(request, options),
            cancellationToken
        );

    public Task<RemovePodSandboxResponse> RemovePodSandboxAsync(
        RemovePodSandboxRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "remove a sandbox",
            (cri, options) => cri.Runtime.RemovePodSandboxAsync(request, options),
            cancellationToken
        );

    public Task<PodSandboxStatusResponse> PodSandboxStatusAsync(
        PodSandboxStatusRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "ask for a sandbox",
            (cri, options) => cri.Runtime.PodSandboxStatusAsync(request, options),
            cancellationToken
        );

    public Task<ListPodSandboxResponse> ListPodSandboxAsync(
        ListPodSandboxRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "list sandboxes",
            (cri, options) => cri.Runtime.ListPodSandboxAsync(request, options),
            cancellationToken
        );

    public Task<CreateContainerResponse> CreateContainerAsync(
        CreateContainerRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "create a container",
            (cri, options) => cri.Runtime.CreateContainerAsync(request, options),
            cancellationToken
        );

    public Task<StartContainerResponse> StartContainerAsync(
        StartContainerRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "start a container",
            (cri, options) => cri.Runtime.StartContainerAsync(request, options),
            cancellationToken
        );

    public Task<RemoveContainerResponse> RemoveContainerAsync(
        RemoveContainerRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "remove a container",
            (cri, options) => cri.Runtime.RemoveContainerAsync(request, options),
            cancellationToken
        );

    public Task<ContainerStatusResponse> ContainerStatusAsync(
        ContainerStatusRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "ask for a container",
            (cri, options) => cri.Runtime.ContainerStatusAsync(request, options),
            cancellationToken
        );

    public Task<ListContainersResponse> ListContainersAsync(
        ListContainersRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "list containers",
            (cri, options) => cri.Runtime.ListContainersAsync(request, options),
            cancellationToken
        );

    public Task<UpdateContainerResourcesResponse> UpdateContainerResourcesAsync(
        UpdateContainerResourcesRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "change the limits of a container",
            (cri, options) => cri.Runtime.UpdateContainerResourcesAsync(request, options),
            cancellationToken
        );

    public Task<ReopenContainerLogResponse> ReopenContainerLogAsync(
        ReopenContainerLogRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "reopen the log of a container",
            (cri, options) => cri.Runtime.ReopenContainerLogAsync(request, options),
            cancellationToken
        );

    public Task<ExecResponse> ExecAsync(ExecRequest request, CancellationToken cancellationToken) =>
        QueryAsync(
            "open a command in a container",
            (cri, options) => cri.Runtime.ExecAsync(request, options),
            cancellationToken
        );

    public Task<AttachResponse> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        QueryAsync(
            "attach to a container",
            (cri, options) => cri.Runtime.AttachAsync(request, options),
            cancellationToken
        );

    public Task<PortForwardResponse> PortForwardAsync(
        PortForwardRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "forward ports of a sandbox",
            (cri, options) => cri.Runtime.PortForwardAsync(request, options),
            cancellationToken
        );

    /// <summary>The deadline is the grace that the request gives the container, and then that of a change.</summary>
    public Task<StopContainerResponse> StopContainerAsync(
        StopContainerRequest request,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            "stop a container",
            Beyond(Options.Deadlines.Change, request.Timeout),
            (cri, options) => cri.Runtime.StopContainerAsync(request, options),
            cancellationToken
        );

    /// <summary>The deadline is the request's own timeout and then that of a query; none when the request has none.</summary>
    public Task<ExecSyncResponse> ExecSyncAsync(ExecSyncRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "run a command in a container",
            request.Timeout <= 0 ? Timeout.InfiniteTimeSpan : Beyond(Options.Deadlines.Query, request.Timeout),
            (cri, options) => cri.Runtime.ExecSyncAsync(request, options),
            cancellationToken
        );

    internal static TimeSpan Beyond(TimeSpan deadline, long seconds) =>
        deadline == Timeout.InfiniteTimeSpan
            ? deadline
            : deadline + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, MaxGraceSeconds));

    private Task<TResponse> QueryAsync<TResponse>(
        string action,
        Func<CriClients, CallOptions, AsyncUnaryCall<TResponse>> start,
        CancellationToken cancellationToken
    ) => CallAsync(action, Options.Deadlines.Query, start, cancellationToken);

    private Task<TResponse> ChangeAsync<TResponse>(
        string action,
        Func<CriClients, CallOptions, AsyncUnaryCall<TResponse>> start,
        CancellationToken cancellationToken
    ) => CallAsync(action, Options.Deadlines.Change, start, cancellationToken);

    /// <param name="action">What the call does, as it stands after "cannot" in an error message and in the fault points.</param>
    private async Task<TResponse> CallAsync<TResponse>(
        string action,
        TimeSpan deadline,
        Func<CriClients, CallOptions, AsyncUnaryCall<TResponse>> start,
        CancellationToken cancellationToken
    )
    {
        var agreed = await AgreeAsync(cancellationToken);
        FaultPoint.Reach("cri.before-", action);
        TResponse answer;
        try
        {
            answer = await Channel.CallAsync(action, deadline, agreed.Clients, start, cancellationToken);
        }
        catch (CriException refused) when (refused.Reason == CriReason.Unimplemented)
        {
            // Perhaps another version of the runtime listens there now: the connection was made during this call.
            var now = await AgreeAsync(cancellationToken);
            if (now.Clients == agreed.Clients)
            {
                throw;
            }

            answer = await Channel.CallAsync(action, deadline, now.Clients, start, cancellationToken);
        }

        FaultPoint.Reach("cri.after-", action);
        return answer;
    }
}
