using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>Mirrors and logins as the node document has them, with real containerds and real registries.</summary>
[Collection("machine")]
public sealed class ContainerdRegistriesTests(UpstreamArchive archives) : IClassFixture<UpstreamArchive>
{
    /// <summary>Nobody listens there.</summary>
    private const string DeadMirror = "http://127.0.0.1:9";

    [Theory]
    [InlineData(Containerds.V1_6)]
    [InlineData(Containerds.V1_7)]
    [InlineData(Containerds.V2)]
    public async Task Images_come_from_mirrors_from_the_registry_behind_them_and_with_a_password(string line)
    {
        using var files = new TemporaryDirectory("hfreg");
        await using var open = await LoopbackRegistry.StartAsync();
        await using var closed = await LoopbackRegistry.StartAsync(isPrivate: true);
        Directory.CreateDirectory(files["rootfs"]);
        await File.WriteAllTextAsync(files["rootfs/file"], "x");
        await File.WriteAllTextAsync(files["password"], LoopbackRegistry.Password + "\n");
        foreach (var registry in new[] { open, closed })
        {
            var image = OciImage.Write(files[$"{registry.Port}"], "docker.io/library/hf:1", files["rootfs"], ["/x"]);
            await registry.PushAsync(image);
        }
        await using var node = new PrivateNode(
            "{ name: runc }",
            await archives.ContainerdAsync(line),
            hasOwnSoftware: true
        );
        string[] registries =
        [
            $"{{ host: docker.io, mirrors: [\"{DeadMirror}\", \"{open.Url}\"] }}",
            $"{{ host: \"127.0.0.1:{open.Port}\", mirrors: [\"{DeadMirror}\"] }}",
            $"{{ host: \"127.0.0.1:{closed.Port}\", credentials: {{ username: {LoopbackRegistry.User}, passwordFile: {files["password"]} }} }}",
        ];
        node.More = $"registries: [{string.Join(", ", registries)}]";
        node.Parse("{ name: runc }");

        await node.ApplyAsync();

        Assert.False((await node.PlanAsync()).HasChanges);
        await using var runtimes = node.Connect();
        foreach (var host in new[] { "docker.io", $"127.0.0.1:{open.Port}", $"127.0.0.1:{closed.Port}" })
        {
            await PullAsync(runtimes, $"{host}/library/hf:1");
        }

        // With another password the same registry is closed.
        await File.WriteAllTextAsync(files["password"], "another\n");
        await node.ApplyAsync();
        var refusal = await Assert.ThrowsAsync<CriException>(() =>
            PullAsync(runtimes, $"127.0.0.1:{closed.Port}/library/hf:1")
        );
        Assert.DoesNotContain("another", refusal.Message, StringComparison.Ordinal);
    }

    private static Task PullAsync(RuntimeSet runtimes, string image) =>
        runtimes.Default.PullImageAsync(new PullImageRequest { Image = new ImageSpec { Image = image } }, default);
}
