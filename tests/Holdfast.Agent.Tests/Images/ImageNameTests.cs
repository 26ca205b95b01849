using Holdfast.Agent.Images;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.Images;

public sealed class ImageNameTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx:latest")]
    [InlineData("nginx:1.25", "docker.io/library/nginx:1.25")]
    [InlineData("me/app", "docker.io/me/app:latest")]
    [InlineData("index.docker.io/nginx", "docker.io/library/nginx:latest")]
    [InlineData("localhost/app", "localhost/app:latest")]
    [InlineData("localhost:5000/app:2", "localhost:5000/app:2")]
    [InlineData("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest")]
    [InlineData("holdfast.local/busybox:1", "holdfast.local/busybox:1")]
    [InlineData("nginx@" + Digest, "docker.io/library/nginx@" + Digest)]
    [InlineData("quay.io/a/b:1@" + Digest, "quay.io/a/b:1@" + Digest)]
    public void A_short_name_gets_what_every_runtime_gives_it(string given, string expected)
    {
        Assert.Equal(expected, ImageName.Parse(given).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Nginx")]
    [InlineData("nginx:")]
    [InlineData("nginx:a b")]
    [InlineData("a//b")]
    [InlineData("nginx@sha256:12")]
    [InlineData("-a")]
    [InlineData("registry.example.com/")]
    public void A_name_that_no_registry_could_have_is_refused(string given)
    {
        var e = Assert.Throws<AgentException>(() => ImageName.Parse(given));
        Assert.Equal(AgentReason.InvalidImageName, e.Reason);
    }

    [Theory]
    [InlineData("nginx", null, "Always")]
    [InlineData("nginx:latest", null, "Always")]
    [InlineData("nginx:1", null, "IfNotPresent")]
    [InlineData("nginx@" + Digest, null, "IfNotPresent")]
    [InlineData("nginx", "IfNotPresent", "IfNotPresent")]
    [InlineData("nginx:1", "Never", "Never")]
    public void Latest_is_pulled_always_and_everything_else_only_when_missing(
        string image,
        string? given,
        string policy
    )
    {
        var container = new Container { Image = image, ImagePullPolicy = given };
        Assert.Equal(policy, PullPolicy.Of(container, ImageName.Parse(image)));
    }

    [Fact]
    public void Credentials_are_taken_from_the_entry_of_the_registry()
    {
        var config =
            """
            {"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"quay.io":{"username":"q","password":"s"}}}
            """u8;

        var hub = Assert.Single(RegistryCredentials.Parse(config.ToArray(), "docker.io"));
        var quay = Assert.Single(RegistryCredentials.Parse(config.ToArray(), "quay.io"));

        Assert.Equal(("u", "p"), (hub.Username, hub.Password));
        Assert.Equal(("q", "s"), (quay.Username, quay.Password));
        Assert.Empty(RegistryCredentials.Parse(config.ToArray(), "ghcr.io"));
        Assert.Empty(RegistryCredentials.Parse("{broken"u8.ToArray(), "quay.io"));
    }
}
