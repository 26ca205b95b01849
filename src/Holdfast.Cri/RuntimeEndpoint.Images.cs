using Holdfast.Cri.V1;

namespace Holdfast.Cri;

// The calls of the image service.
public sealed partial class RuntimeEndpoint
{
    public Task<ListImagesResponse> ListImagesAsync(ListImagesRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ListImages, request, Options.Deadlines.Query, cancellationToken);

    public Task<ImageStatusResponse> ImageStatusAsync(
        ImageStatusRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ImageStatus, request, Options.Deadlines.Query, cancellationToken);

    public Task<PullImageResponse> PullImageAsync(PullImageRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.PullImage, request, Options.Deadlines.Pull, cancellationToken);

    public Task<RemoveImageResponse> RemoveImageAsync(
        RemoveImageRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.RemoveImage, request, Options.Deadlines.Change, cancellationToken);

    public Task<ImageFsInfoResponse> ImageFsInfoAsync(
        ImageFsInfoRequest request,
        CancellationToken cancellationToken
    ) => CallAsync(CriMethods.ImageFsInfo, request, Options.Deadlines.Query, cancellationToken);
}
