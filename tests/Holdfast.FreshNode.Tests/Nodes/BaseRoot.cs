using System.Security.Cryptography;
using Holdfast.Linux;

namespace Holdfast.FreshNode.Tests.Nodes;

/// <summary>
/// The file tree that every node is a copy of. Made once (about half a minute, from Debian's mirror) and kept in
/// <c>/var/cache</c> under the hash of the script that makes it. Safe from any thread and any process.
/// </summary>
internal static class BaseRoot
{
    private const string CacheDirectory = "/var/cache/holdfast-tests";
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(10);

    public static string Script(string name) => Path.Join(AppContext.BaseDirectory, "Nodes", name);

    public static async Task<string> GetAsync()
    {
        var script = Script("make-base.sh");
        var key = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(script)))[..16];
        var root = Path.Join(CacheDirectory, "debian-" + key);
        Directory.CreateDirectory(CacheDirectory);
        await using var alone = await LockAsync(root + ".lock");
        if (!Directory.Exists(root))
        {
            var unfinished = root + ".unfinished";
            await ChildProcess.RequireAsync("cannot tidy up", new ChildCommand("rm", "-rf", unfinished), BuildLimit);
            await ChildProcess.RequireAsync(
                "cannot make the file tree of a fresh node",
                new ChildCommand("bash", script, unfinished),
                BuildLimit
            );
            Directory.Move(unfinished, root);
        }

        return root;
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
