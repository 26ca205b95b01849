using Grpc.Core;
using Grpc.Core.Interceptors;
using Holdfast.Cri.V1;

namespace Holdfast.Cri.Calls;

/// <summary>The services of CRI in one of its versions.</summary>
internal sealed record CriClients(
    CriApi Api,
    RuntimeService.RuntimeServiceClient Runtime,
    ImageService.ImageServiceClient Images
)
{
    public static CriClients Make(CriApi api, CallInvoker invoker)
    {
        var spoken = api == CriApi.V1 ? invoker : invoker.Intercept(new V1Alpha2Names());
        return new CriClients(
            api,
            new RuntimeService.RuntimeServiceClient(spoken),
            new ImageService.ImageServiceClient(spoken)
        );
    }
}
