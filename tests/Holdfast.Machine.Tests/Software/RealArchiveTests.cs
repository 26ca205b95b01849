using System.Security.Cryptography;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Software;

namespace Holdfast.Machine.Tests.Software;

/// <summary>Archives as the real programs write them: GNU tar with gzip, xz and zstd.</summary>
public sealed class RealArchiveTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-archive-").FullName;

    public void Dispose() => Directory.Delete(top, recursive: true);

    [Theory]
    [InlineData("--gzip", "gnu")]
    [InlineData("--xz", "gnu")]
    [InlineData("--zstd", "gnu")]
    [InlineData("--xz", "pax")]
    [InlineData("--zstd", "ustar")]
    [InlineData("--gzip", "v7")]
    [InlineData("--no-auto-compress", "gnu")]
    public async Task Everything_that_tar_packed_comes_out(string compression, string format)
    {
        var archive = await PackAsync(compression, format);
        var at = await UnpackAsync(archive);
        var shim = Path.Join(at, "opt/kata/bin/shim");
        Assert.Equal("#!/bin/sh\n", File.ReadAllText(Path.Join(at, "opt/kata/bin/alias")));
        Assert.Equal("#!/bin/sh\n", File.ReadAllText(Path.Join(at, "opt/kata/bin/hard")));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(shim));
        Assert.Equal(new FileOwner(0, 0), FileStatus.Read(shim)!.Owner);
        Assert.Equal(Hash(Path.Join(top, "in/opt/kata/share/image")), Hash(Path.Join(at, "opt/kata/share/image")));
    }

    [Theory]
    [InlineData("--gzip")]
    [InlineData("--xz")]
    [InlineData("--zstd")]
    public async Task Archives_that_were_cut_are_refused(string compression)
    {
        var archive = await PackAsync(compression, "gnu");
        var bytes = File.ReadAllBytes(archive);
        foreach (var length in (int[])[20, bytes.Length / 3])
        {
            await RefusesAsync(bytes[..length]);
        }
    }

    [Fact]
    public async Task A_link_out_is_refused()
    {
        Directory.CreateDirectory(Path.Join(top, "in"));
        await RunAsync("sh", "-c", $"cd {top}/in && ln -s /etc/passwd link && tar -cf {top}/x.tar .");
        var refusal = await Assert.ThrowsAsync<NodeException>(() => UnpackAsync(Path.Join(top, "x.tar")));
        Assert.Equal(NodeReason.ArchiveRefused, refusal.Reason);
    }

    [Fact]
    public async Task A_disk_without_room_is_named_and_nothing_stays()
    {
        var archive = await PackAsync("--gzip", "gnu");
        var disk = Directory.CreateDirectory(Path.Join(top, "small")).FullName;
        MountTable.MountTmpfs(disk, (UnixFileMode)0b111_101_101, 128 * 1024);
        try
        {
            var refusal = await Assert.ThrowsAsync<NodeException>(() => UnpackAsync(archive, Path.Join(disk, "out")));
            Assert.Contains("the disk was full", refusal.Message, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            MountTable.Unmount(disk, detach: true);
        }
    }

    private async Task<string> PackAsync(string compression, string format)
    {
        var input = Path.Join(top, "in/opt/kata");
        Directory.CreateDirectory(Path.Join(input, "bin"));
        Directory.CreateDirectory(Path.Join(input, "share"));
        File.WriteAllBytes(Path.Join(input, "share/image"), RandomNumberGenerator.GetBytes(400_000));
        File.WriteAllText(Path.Join(input, "bin/shim"), "#!/bin/sh\n");
        FileOwner.Set(Path.Join(input, "bin/shim"), new FileOwner(12, 34));
        File.SetUnixFileMode(Path.Join(input, "bin/shim"), (UnixFileMode)0b101_111_101_101);
        await RunAsync("ln", "-s", "shim", Path.Join(input, "bin/alias"));
        await RunAsync("ln", Path.Join(input, "bin/shim"), Path.Join(input, "bin/hard"));
        var archive = Path.Join(top, "archive");
        await RunAsync("tar", compression, $"--format={format}", "-cf", archive, "-C", Path.Join(top, "in"), ".");
        return archive;
    }

    private async Task RefusesAsync(byte[] bytes)
    {
        var path = Path.Join(top, "damaged");
        File.WriteAllBytes(path, bytes);
        var refusal = await Assert.ThrowsAsync<NodeException>(() => UnpackAsync(path));
        Assert.Equal(NodeReason.ArchiveRefused, refusal.Reason);
    }

    private Task<string> UnpackAsync(string archive, string? to = null)
    {
        var directory = to ?? Path.Join(top, "out");
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        var spec = new SoftwareSpec(
            "tool",
            new ArchiveSpec { Url = new Uri("http://h/a.tar"), Sha256 = new string('a', 64) }
        );
        return ArchiveExtraction.RunAsync(archive, directory, spec, CancellationToken.None);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(new ChildCommand(program, arguments), Limit);
        Assert.True(result.Succeeded, result.StandardError);
    }

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
