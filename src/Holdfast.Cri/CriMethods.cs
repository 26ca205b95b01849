using Google.Protobuf;
using Holdfast.Cri.Grpc;
using Holdfast.Cri.V1;

namespace Holdfast.Cri;

/// <summary>The calls of CRI, each under the service path of both versions. Immutable.</summary>
internal static class CriMethods
{
    public static readonly CriMethod<VersionResponse> Version = Runtime(
        "Version",
        "ask the version",
        VersionResponse.Parser
    );
    public static readonly CriMethod<StatusResponse> Status = Runtime(
        "Status",
        "ask the status",
        StatusResponse.Parser
    );
    public static readonly CriMethod<RuntimeConfigResponse> RuntimeConfig = Runtime(
        "RuntimeConfig",
        "ask the configuration",
        RuntimeConfigResponse.Parser
    );
    public static readonly CriMethod<UpdateRuntimeConfigResponse> UpdateRuntimeConfig = Runtime(
        "UpdateRuntimeConfig",
        "set the pod network",
        UpdateRuntimeConfigResponse.Parser
    );
    public static readonly CriMethod<RunPodSandboxResponse> RunPodSandbox = Runtime(
        "RunPodSandbox",
        "run a sandbox",
        RunPodSandboxResponse.Parser
    );
    public static readonly CriMethod<StopPodSandboxResponse> StopPodSandbox = Runtime(
        "StopPodSandbox",
        "stop a sandbox",
        StopPodSandboxResponse.Parser
    );
    public static readonly CriMethod<RemovePodSandboxResponse> RemovePodSandbox = Runtime(
        "RemovePodSandbox",
        "remove a sandbox",
        RemovePodSandboxResponse.Parser
    );
    public static readonly CriMethod<PodSandboxStatusResponse> PodSandboxStatus = Runtime(
        "PodSandboxStatus",
        "ask for a sandbox",
        PodSandboxStatusResponse.Parser
    );
    public static readonly CriMethod<ListPodSandboxResponse> ListPodSandbox = Runtime(
        "ListPodSandbox",
        "list sandboxes",
        ListPodSandboxResponse.Parser
    );
    public static readonly CriMethod<CreateContainerResponse> CreateContainer = Runtime(
        "CreateContainer",
        "create a container",
        CreateContainerResponse.Parser
    );
    public static readonly CriMethod<StartContainerResponse> StartContainer = Runtime(
        "StartContainer",
        "start a container",
        StartContainerResponse.Parser
    );
    public static readonly CriMethod<StopContainerResponse> StopContainer = Runtime(
        "StopContainer",
        "stop a container",
        StopContainerResponse.Parser
    );
    public static readonly CriMethod<RemoveContainerResponse> RemoveContainer = Runtime(
        "RemoveContainer",
        "remove a container",
        RemoveContainerResponse.Parser
    );
    public static readonly CriMethod<ContainerStatusResponse> ContainerStatus = Runtime(
        "ContainerStatus",
        "ask for a container",
        ContainerStatusResponse.Parser
    );
    public static readonly CriMethod<ListContainersResponse> ListContainers = Runtime(
        "ListContainers",
        "list containers",
        ListContainersResponse.Parser
    );
    public static readonly CriMethod<UpdateContainerResourcesResponse> UpdateContainerResources = Runtime(
        "UpdateContainerResources",
        "change the limits of a container",
        UpdateContainerResourcesResponse.Parser
    );
    public static readonly CriMethod<ReopenContainerLogResponse> ReopenContainerLog = Runtime(
        "ReopenContainerLog",
        "reopen the log of a container",
        ReopenContainerLogResponse.Parser
    );
    public static readonly CriMethod<ExecSyncResponse> ExecSync = Runtime(
        "ExecSync",
        "run a command in a container",
        ExecSyncResponse.Parser
    );
    public static readonly CriMethod<ExecResponse> Exec = Runtime(
        "Exec",
        "open a command in a container",
        ExecResponse.Parser
    );
    public static readonly CriMethod<AttachResponse> Attach = Runtime(
        "Attach",
        "attach to a container",
        AttachResponse.Parser
    );
    public static readonly CriMethod<PortForwardResponse> PortForward = Runtime(
        "PortForward",
        "forward ports of a sandbox",
        PortForwardResponse.Parser
    );
    public static readonly CriMethod<ContainerStatsResponse> ContainerStats = Runtime(
        "ContainerStats",
        "ask what a container uses",
        ContainerStatsResponse.Parser
    );
    public static readonly CriMethod<ListContainerStatsResponse> ListContainerStats = Runtime(
        "ListContainerStats",
        "ask what containers use",
        ListContainerStatsResponse.Parser
    );
    public static readonly CriMethod<PodSandboxStatsResponse> PodSandboxStats = Runtime(
        "PodSandboxStats",
        "ask what a sandbox uses",
        PodSandboxStatsResponse.Parser
    );
    public static readonly CriMethod<ListPodSandboxStatsResponse> ListPodSandboxStats = Runtime(
        "ListPodSandboxStats",
        "ask what sandboxes use",
        ListPodSandboxStatsResponse.Parser
    );
    public static readonly CriMethod<ContainerEventResponse> GetContainerEvents = Runtime(
        "GetContainerEvents",
        "watch events",
        ContainerEventResponse.Parser
    );
    public static readonly CriMethod<ListImagesResponse> ListImages = Image(
        "ListImages",
        "list images",
        ListImagesResponse.Parser
    );
    public static readonly CriMethod<ImageStatusResponse> ImageStatus = Image(
        "ImageStatus",
        "ask for an image",
        ImageStatusResponse.Parser
    );
    public static readonly CriMethod<PullImageResponse> PullImage = Image(
        "PullImage",
        "pull an image",
        PullImageResponse.Parser
    );
    public static readonly CriMethod<RemoveImageResponse> RemoveImage = Image(
        "RemoveImage",
        "remove an image",
        RemoveImageResponse.Parser
    );
    public static readonly CriMethod<ImageFsInfoResponse> ImageFsInfo = Image(
        "ImageFsInfo",
        "ask where images are kept",
        ImageFsInfoResponse.Parser
    );

    private static CriMethod<TResponse> Runtime<TResponse>(string name, string action, MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse> => CriMethod<TResponse>.Create("RuntimeService", name, action, parser);

    private static CriMethod<TResponse> Image<TResponse>(string name, string action, MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse> => CriMethod<TResponse>.Create("ImageService", name, action, parser);
}

/// <summary>One call of CRI in both versions. Immutable.</summary>
internal sealed record CriMethod<TResponse>(GrpcMethod<TResponse> V1, GrpcMethod<TResponse> V1Alpha2)
    where TResponse : IMessage<TResponse>
{
    public GrpcMethod<TResponse> In(CriApi api) => api == CriApi.V1 ? V1 : V1Alpha2;

    public static CriMethod<TResponse> Create(
        string service,
        string name,
        string action,
        MessageParser<TResponse> parser
    ) =>
        new(
            GrpcMethod<TResponse>.Create($"runtime.v1.{service}", name, action, parser),
            GrpcMethod<TResponse>.Create($"runtime.v1alpha2.{service}", name, action, parser)
        );
}
