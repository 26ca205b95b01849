namespace Holdfast.Agent.Images;

/// <summary>What the agent needs to know of an image that a runtime has. Immutable.</summary>
/// <param name="ImageId">The runtime's id (the digest of the image's configuration).</param>
/// <param name="Reference">What status shows as imageID: the name with its digest where it came from a registry.</param>
/// <param name="Uid">The user of the image when it is a number.</param>
/// <param name="UserName">The user of the image when it is a name; "" when there is none.</param>
internal sealed record ImageInfo(string ImageId, string Reference, long? Uid, string UserName)
{
    public static ImageInfo Of(V1.Image image) =>
        new(image.Id, image.RepoDigests.Count > 0 ? image.RepoDigests[0] : image.Id, image.Uid?.Value, image.Username);
}
