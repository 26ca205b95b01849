using System.Collections.Concurrent;
using Holdfast.Cri;

namespace Holdfast.Agent.Images;

/// <summary>
/// The images of one runtime: what it is known to have, and one pull per image at a time however many pods wait for it.
/// Thread-safe.
/// </summary>
internal sealed class ImageStore(RuntimeEndpoint endpoint)
{
    // An edge node has tens of images; a name that is not used for a while costs one question to the runtime.
    private const int MaxKnown = 256;

    private readonly ConcurrentDictionary<string, ImageInfo> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<ImageInfo>>> pulls = new(StringComparer.Ordinal);

    /// <summary>The image, from memory or else from the runtime; null when the runtime does not have it.</summary>
    public async ValueTask<ImageInfo?> FindAsync(string image, CancellationToken ct)
    {
        if (known.TryGetValue(image, out var info))
        {
            return info;
        }

        var response = await endpoint.ImageStatusAsync(
            new V1.ImageStatusRequest { Image = new V1.ImageSpec { Image = image } },
            ct
        );
        return response.Image is { Id.Length: > 0 } found ? Remember(image, ImageInfo.Of(found)) : null;
    }

    /// <summary>Pulls the image, or joins the pull that is under way.</summary>
    /// <param name="lifetime">Ends the pull itself: the agent's, since a pull serves every pod that waits for it.</param>
    public async Task<ImageInfo> PullAsync(
        string image,
        IReadOnlyList<V1.AuthConfig> credentials,
        V1.PodSandboxConfig sandbox,
        CancellationToken lifetime
    )
    {
        var key = credentials.Count == 0 ? image : $"{image} {string.Join(' ', credentials.Select(c => c.Username))}";
        var pull = pulls.GetOrAdd(
            key,
            _ => new Lazy<Task<ImageInfo>>(() => PullNowAsync(image, credentials, sandbox, lifetime))
        );
        try
        {
            return await pull.Value;
        }
        finally
        {
            pulls.TryRemove(KeyValuePair.Create(key, pull));
        }
    }

    /// <summary>The runtime said that it does not have it after all.</summary>
    public void Forget(string image) => known.TryRemove(image, out _);

    public void ForgetAll() => known.Clear();

    private async Task<ImageInfo> PullNowAsync(
        string image,
        IReadOnlyList<V1.AuthConfig> credentials,
        V1.PodSandboxConfig sandbox,
        CancellationToken ct
    )
    {
        var request = new V1.PullImageRequest
        {
            Image = new V1.ImageSpec { Image = image },
            SandboxConfig = sandbox,
        };
        CriException? refused = null;
        foreach (var auth in credentials.Append(null))
        {
            request.Auth = auth;
            try
            {
                await endpoint.PullImageAsync(request, ct);
                Forget(image);
                return await FindAsync(image, ct)
                    ?? throw new CriException(CriReason.NotFound, $"image {image} was pulled and is gone again");
            }
            catch (CriException e) when (auth is not null && e.Reason != CriReason.Unavailable)
            {
                // The next credentials may fit; without any the registry gives the answer that a person should see.
                refused = e;
            }
        }

        throw refused!;
    }

    private ImageInfo Remember(string image, ImageInfo info)
    {
        if (known.Count >= MaxKnown)
        {
            known.Clear();
        }

        known[image] = info;
        return info;
    }
}
