using System.Security.Cryptography;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests.Nodes;

/// <summary>
/// What every node is a copy of: a file tree and, for virtual machines, a disk with a kernel. Each is made once (in about
/// half a minute, from Debian's mirror) and kept in <c>/var/cache</c> under the hash of the scripts that make it. Safe from
/// any thread and any process.
/// </summary>
internal static class BaseRoot
{
    /// <summary>Debian 12, on which everything is tried.</summary>
    public const string Bookworm = "bookworm";

    private const string CacheDirectory = "/var/cache/holdfast-tests";
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(10);

    public static string Script(string name) => Path.Join(AppContext.BaseDirectory, "Nodes", name);

    /// <summary>The file tree of a release of Debian.</summary>
    public static Task<string> GetAsync(string release = Bookworm) =>
        GetAsync($"debian-{release}", ["make-base.sh"], [release]);

    /// <summary>A directory with <c>disk.ext4</c>, <c>vmlinuz</c>, <c>initrd</c> and the <c>key</c> to log in with.</summary>
    public static async Task<string> GetForVirtualMachineAsync() =>
        await GetAsync("debian-vm", ["make-base.sh", "make-vm.sh"], [await GetAsync()]);

    /// <param name="scripts">All that decide what is made; the last one makes it.</param>
    /// <param name="arguments">What that one is given before the directory to make.</param>
    private static async Task<string> GetAsync(string kind, string[] scripts, string[] arguments)
    {
        var made = Path.Join(CacheDirectory, $"{kind}-{await HashAsync(scripts)}");
        Directory.CreateDirectory(CacheDirectory);
        await using var alone = await LockAsync(made + ".lock");
        if (!Directory.Exists(made))
        {
            var unfinished = made + ".unfinished";
            await RequiredCommand.RunAsync("cannot tidy up", new ChildCommand("rm", "-rf", unfinished), BuildLimit);
            await RequiredCommand.RunAsync(
                "cannot make what a fresh node is a copy of",
                new ChildCommand("bash", [Script(scripts[^1]), .. arguments, unfinished]),
                BuildLimit
            );
            Directory.Move(unfinished, made);
        }

        return made;
    }

    private static async Task<string> HashAsync(string[] scripts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var script in scripts)
        {
            hash.AppendData(await File.ReadAllBytesAsync(Script(script)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
        }
    }
}
