using Google.Protobuf;

namespace Holdfast.Cri.Grpc;

/// <summary>One call of a gRPC service. Immutable, made once.</summary>
/// <param name="Path">The path with a placeholder host, as HttpClient wants it.</param>
/// <param name="Action">What the call does, as it stands after "cannot" in an error message.</param>
/// <param name="Parser">Parser of the answer.</param>
internal sealed record GrpcMethod<TResponse>(Uri Path, string Action, MessageParser<TResponse> Parser)
    where TResponse : IMessage<TResponse>
{
    public static GrpcMethod<TResponse> Create(
        string service,
        string name,
        string action,
        MessageParser<TResponse> parser
    ) => new(new Uri($"http://localhost/{service}/{name}"), action, parser);
}
