using Google.Protobuf.WellKnownTypes;
using Holdfast.Cri.Containerd;
using Holdfast.Cri.Grpc;

namespace Holdfast.Cri.Events;

/// <summary>The calls of containerd's own event service.</summary>
internal static class ContainerdMethods
{
    private const string Service = "containerd.services.events.v1.Events";

    public static readonly GrpcMethod<Envelope> Subscribe = GrpcMethod<Envelope>.Create(
        Service,
        "Subscribe",
        "watch the events",
        Envelope.Parser
    );

    public static readonly GrpcMethod<Empty> Publish = GrpcMethod<Empty>.Create(
        Service,
        "Publish",
        "publish an event",
        Empty.Parser
    );
}
