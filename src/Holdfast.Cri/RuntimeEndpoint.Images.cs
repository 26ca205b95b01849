using Holdfast.Cri.V1;

namespace Holdfast.Cri;

// The calls of the image service.
public sealed partial class RuntimeEndpoint
{
    public Task<ListImagesResponse> ListImagesAsync(ListImagesRequest request, CancellationToken cancellationToken) =>
        QueryAsync("list images", (cri, options) => cri.Images.ListImagesAsync(request, options), cancellationToken);

    public Task<ImageStatusResponse> ImageStatusAsync(
        ImageStatusRequest request,
        CancellationToken cancellationToken
    ) =>
        QueryAsync(
            "ask for an image",
            (cri, options) => cri.Images.ImageStatusAsync(request, options),
            cancellationToken
        );

    public Task<PullImageResponse> PullImageAsync(PullImageRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "pull an image",
            Options.Deadlines.Pull,
            (cri, options) => cri.Images.PullImageAsync(request, options),
            cancellationToken
        );

    public Task<RemoveImageResponse> RemoveImageAsync(
        RemoveImageRequest request,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            "remove an image",
            (cri, options) => cri.Images.RemoveImageAsync(request, options),
            cancellationToken
        );
}
